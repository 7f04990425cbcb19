import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { loadConfiguration } from '../configuration/load-configuration.ts';
import { ApiKeyDirectory } from './api-keys.ts';

const program = fileURLToPath(new URL('../../../../tools/api-key.ts', import.meta.url));
const run = (...options: string[]) =>
  promisify(execFile)(process.execPath, [program, ...options], { env: { ...process.env, NODE_OPTIONS: '' } });

describe('the program that makes API keys', () => {
  it('prints a key and the entry by which a service knows it', async () => {
    const { stdout } = await run('--id', 'till-7', '--tenant', 'demo', '--role', 'publisher', '--role', 'reader');
    const [key = '', entry = ''] = stdout.trim().split('\n');

    const { API_KEYS } = loadConfiguration(baseConfiguration, { API_KEYS: `[${entry}]` }, () => '');

    expect(new ApiKeyDirectory(API_KEYS).find(key)).toEqual({
      keyId: 'till-7',
      tenant: 'demo',
      roles: ['publisher', 'reader'],
    });
    expect(entry).not.toContain(key);
  });

  it.each([
    [['--tenant', 'demo', '--role', 'reader'], '--id'],
    [['--id', 'x', '--tenant', 'No Tenant', '--role', 'reader'], '--tenant'],
    [['--id', 'x', '--tenant', 'demo'], '--role'],
    [['--id', 'x', '--tenant', 'demo', '--role', 'king'], 'king'],
    [['--colour', 'red'], '--colour'],
  ])('refuses %j', async (options, named) => {
    await expect(run(...options)).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(named),
    });
  });

  it('explains itself', async () => {
    const { stdout } = await run('--help');

    expect(stdout).toContain('--tenant');
  });
});
