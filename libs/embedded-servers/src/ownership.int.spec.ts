import { describe, expect, it } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { spawnOwned } from './owned-process.ts';
import { childrenOf, isAlive } from './processes.ts';
import { waitUntil } from './wait-until.ts';

const DOOR = JSON.stringify(new URL('./index.ts', import.meta.url).href);

/** A process that starts both servers and a child that ignores SIGTERM, and prints what it owns. */
const OWNER = `
  import { spawnOwned, startThrowAwayNats, startThrowAwayPostgres } from ${DOOR};
  const postgres = await startThrowAwayPostgres();
  const nats = await startThrowAwayNats();
  const deaf = await spawnOwned(process.execPath, {
    args: ['-e', "process.on('SIGTERM', () => {}); process.stdout.write('deaf'); setInterval(() => {}, 1e6)"],
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => deaf.child.stdout.once('data', resolve));
  console.log(JSON.stringify({
    pids: [postgres.server.pid, nats.server.pid, deaf.pid],
    folders: [postgres.server.dataDir, nats.server.storeDir],
  }));
  setInterval(() => {}, 1e6);
`;

type Owned = Readonly<{ pids: number[]; folders: string[] }>;

async function startOwner(): Promise<{ owned: Owned; end: (signal: NodeJS.Signals) => Promise<void> }> {
  const owner = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', OWNER], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const line = await new Promise<string>((resolve) => createInterface({ input: owner.stdout }).once('line', resolve));
  return {
    owned: JSON.parse(line) as Owned,
    end: async (signal) => {
      const exit = new Promise((resolve) => owner.once('exit', resolve));
      owner.kill(signal);
      await exit;
    },
  };
}

describe('what this process owns', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ends within seconds when the process is ended by %s, with its folders',
    async (signal) => {
      const { owned, end } = await startOwner();
      const backends = owned.pids.flatMap(childrenOf);
      expect(backends.length).toBeGreaterThan(3);
      await end(signal);
      const gone = () =>
        ![...owned.pids, ...backends].some(isAlive) && !owned.folders.some((folder) => existsSync(folder));

      expect(await waitUntil(gone, 10_000)).toBe(true);
    },
    60_000,
  );

  it('needs no guard once it is gone, so that none remains', async () => {
    // In a process of its own: this one may own servers of other specs, whose guard rightly stays.
    const program = `
      import { spawnOwned, waitUntil } from ${DOOR};
      import { childrenOf, isAlive } from ${JSON.stringify(new URL('./processes.ts', import.meta.url).href)};
      const child = await spawnOwned(process.execPath, { args: ['-e', 'setInterval(() => {}, 1e6)'] });
      const guards = childrenOf(process.pid).filter((pid) => pid !== child.pid);
      const exit = await child.stop();
      const areGone = await waitUntil(() => !guards.some(isAlive), 10_000);
      console.log(JSON.stringify({ guards: guards.length, exit, areGone }));
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--no-warnings', '--input-type=module', '-e', program],
      { env: { ...process.env, NODE_OPTIONS: '' } },
    );

    expect(JSON.parse(stdout)).toEqual({ guards: 1, exit: { code: null, signal: 'SIGTERM' }, areGone: true });
  }, 30_000);

  it('kills a child that does not listen', async () => {
    const child = await spawnOwned(process.execPath, {
      args: ['-e', "process.on('SIGTERM', () => {}); process.stdout.write('ready'); setInterval(() => {}, 1e6)"],
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.child.stdout?.once('data', resolve));

    expect(await child.stop({ deadlineMs: 50 })).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('says which program cannot be started', async () => {
    await expect(spawnOwned('/no/such/program')).rejects.toThrow(/\/no\/such\/program/);
  });
});
