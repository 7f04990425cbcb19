import { describe, expect, it } from '@jest/globals';
import { redactText } from '#libs/observability';
import { generateApiKey } from '../security/api-keys.ts';
import { baseConfiguration } from './base-configuration.ts';
import { ConfigurationInvalid } from './configuration.errors.ts';
import { loadConfiguration } from './load-configuration.ts';
import type { Environment } from './load-configuration.ts';
import { setting, wholeNumber } from './setting.ts';

const { sha256 } = generateApiKey();
const apiKeys = (roles = ['reader']) => JSON.stringify([{ id: 'clerk', tenant: 'demo', roles, sha256 }]);
const production = {
  ENVIRONMENT: 'production',
  SECRET_KEY: 'a-secret-key-of-32-characters-00',
  ENCRYPTION_KEY: 'an-encryption-key-of-characters-',
  DATABASE_URL: 'postgresql://steward:pw@db:5432/steward',
  NATS_URL: 'nats://nats:4222',
  API_KEYS: apiKeys(),
};

const files: Readonly<Record<string, string>> = { '/run/secret': 'sixteen-characters-or-more\n', '/run/empty': ' \n' };
const readFile = (path: string): string => {
  const text = files[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
};
const load = (environment: Environment) => loadConfiguration(baseConfiguration, environment, readFile);

function problemsOf(environment: Environment): Record<string, string> {
  try {
    load(environment);
  } catch (error) {
    if (error instanceof ConfigurationInvalid) {
      return Object.fromEntries(error.problems.map(({ name, problem }) => [name, problem]));
    }
    throw error;
  }
  return {};
}

describe('the configuration', () => {
  it('has defaults for development, open to this machine alone', () => {
    expect(load({})).toMatchObject({
      ENVIRONMENT: 'development',
      HOST: '127.0.0.1',
      PORT: 8000,
      AUTHENTICATION: 'off',
      DATABASE_POOL_SIZE: 20,
      DATABASE_MAX_OVERFLOW: 30,
      API_KEYS: [],
      CLAUDE_MODEL: 'claude-sonnet-5-5',
    });
    expect(load({}).INSTANCE_ID).toMatch(new RegExp(`^[\\w.-]+-${process.pid}$`));
  });

  it.each(['test', 'staging'])('is closed by default in %s', (ENVIRONMENT) => {
    expect(load({ ENVIRONMENT })).toMatchObject({ HOST: '0.0.0.0', AUTHENTICATION: 'on' });
  });

  it('takes values as people write them', () => {
    const loaded = load({ DEBUG: 'TRUE', LOG_LEVEL: 'WARNING', PORT: ' 9000 ', API_KEYS: apiKeys() });

    expect(loaded).toMatchObject({ DEBUG: true, LOG_LEVEL: 'warn', PORT: 9000 });
    expect(loaded.API_KEYS).toEqual([{ id: 'clerk', tenant: 'demo', roles: ['reader'], sha256 }]);
  });

  it('counts an empty variable as absent and ignores unknown ones', () => {
    expect(load({ PORT: '', LOG_LEVEL: '  ', SOMETHING_ELSE: 'x' })).toMatchObject({ PORT: 8000, LOG_LEVEL: 'info' });
    expect(load({ SOMETHING_ELSE: 'x' })).not.toHaveProperty('SOMETHING_ELSE');
  });

  it('cannot be changed', () => {
    expect(Object.isFrozen(load({}))).toBe(true);
  });

  it('takes the settings that a service adds', () => {
    const schema = baseConfiguration.extend({
      AGENTS: setting(wholeNumber(1), { description: 'How many.', expected: 'a whole number' }),
    });

    expect(loadConfiguration(schema, { AGENTS: '3' }, readFile).AGENTS).toBe(3);
    expect(() => loadConfiguration(schema, {}, readFile)).toThrow('AGENTS is missing; expected: a whole number');
  });

  it('names every wrong variable in one error', () => {
    expect(problemsOf({ PORT: 'eighty', DATABASE_POOL_SIZE: '0', LOG_LEVEL: 'loud', NATS_URL: 'http://nats' })).toEqual(
      {
        PORT: 'is "eighty"',
        DATABASE_POOL_SIZE: 'is "0"',
        LOG_LEVEL: 'is "loud"',
        NATS_URL: 'has no correct value (not shown)',
      },
    );
  });

  it.each(['1e3', '0x10', '12.5', '-1', '99999999999999999999'])('takes no number written %s', (PORT) => {
    expect(problemsOf({ PORT })).toEqual({ PORT: `is "${PORT}"` });
  });

  it('never shows a secret, not even a wrong one', () => {
    const wrong = {
      ...production,
      SECRET_KEY: 'hunter2',
      DATABASE_URL: 'mysql://me:hunter2@db',
      API_KEYS: '[hunter2]',
    };

    expect(() => load(wrong)).toThrow(ConfigurationInvalid);
    expect(() => load(wrong)).not.toThrow(/hunter2/);
  });

  it('says where a list of keys is wrong', () => {
    expect(problemsOf({ API_KEYS: apiKeys(['king']) })).toEqual({ API_KEYS: 'is wrong at 0.roles.0' });
  });

  it('takes no two keys with the same id or hash', () => {
    const twice = `[${apiKeys().slice(1, -1)},${apiKeys().slice(1, -1)}]`;

    expect(problemsOf({ API_KEYS: twice })).toEqual({ API_KEYS: 'is wrong at 1' });
  });

  describe('from files', () => {
    it('takes NAME_FILE instead of NAME', () => {
      expect(load({ SECRET_KEY_FILE: '/run/secret' }).SECRET_KEY).toBe('sixteen-characters-or-more');
    });

    it('counts an empty file as absent', () => {
      expect(load({ SECRET_KEY_FILE: '/run/empty' }).SECRET_KEY).toBeUndefined();
    });

    it('refuses both at once', () => {
      expect(problemsOf({ SECRET_KEY: 'sixteen-characters', SECRET_KEY_FILE: '/run/secret' })).toEqual({
        SECRET_KEY: 'and SECRET_KEY_FILE are both set',
      });
    });

    it('names a file that cannot be read', () => {
      expect(problemsOf({ ...production, SECRET_KEY: '', SECRET_KEY_FILE: '/run/none' })).toEqual({
        SECRET_KEY: 'cannot be read: SECRET_KEY_FILE names /run/none (ENOENT)',
      });
    });
  });

  describe('in production', () => {
    it('is complete with its secrets, servers and a key', () => {
      expect(load(production)).toMatchObject({ AUTHENTICATION: 'on', HOST: '0.0.0.0' });
    });

    it.each(['SECRET_KEY', 'ENCRYPTION_KEY', 'DATABASE_URL', 'NATS_URL', 'API_KEYS'])('demands %s', (name) => {
      expect(problemsOf({ ...production, [name]: '' })).toEqual({ [name]: 'is missing in production' });
    });

    it('demands at least one key', () => {
      expect(problemsOf({ ...production, API_KEYS: '[]' })).toEqual({ API_KEYS: 'is missing in production' });
    });

    it('keeps authentication on', () => {
      expect(problemsOf({ ...production, AUTHENTICATION: 'off' })).toEqual({
        AUTHENTICATION: 'is "off" in production',
      });
    });
  });

  it('keeps its secrets out of everything that is logged from then on', () => {
    load({ ...production, ANTHROPIC_API_KEY: 'plain-words-that-look-harmless' });

    expect(redactText('the library said plain-words-that-look-harmless in passing')).not.toContain('harmless');
  });

  it('wants user and password of NATS together', () => {
    expect(problemsOf({ NATS_USER: 'steward' })).toHaveProperty('NATS_PASSWORD');
    expect(problemsOf({ NATS_PASSWORD: 'pw' })).toHaveProperty('NATS_USER');
    expect(problemsOf({ NATS_USER: 'steward', NATS_PASSWORD: 'pw' })).toEqual({});
  });
});
