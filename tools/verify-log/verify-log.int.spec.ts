import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  Database,
  HeadSigner,
  migrateService,
  newSigningKey,
  PostgresEventStore,
  publicPemOf,
  signingKeyFrom,
} from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import {
  createTestDatabase,
  eventually,
  execute,
  sequentialIds,
  startFaultProxy,
  type TestDatabase,
} from '#libs/testing';

const PROGRAM = join(import.meta.dirname, '..', 'verify-log.ts');
const EVENTS = 2_000;

// Each program starts on its own, on a machine that others use too.
jest.setTimeout(60_000);

describe('npm run verify-log', () => {
  const key = newSigningKey();
  let testDatabase: TestDatabase;
  /** As the role that the service runs as. */
  let url: string;
  let folder: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'verify-log-'));
    writeFileSync(join(folder, 'key.pem'), publicPemOf(key));
    writeFileSync(join(folder, 'other.pem'), publicPemOf(newSigningKey()));
    testDatabase = await createTestDatabase();
    const logins = await testDatabase.loginsOf('agent');
    url = logins.url;
    await migrateService({ ...logins, schema: 'agent', migrations: [] });
    const database = new Database({ url, schema: 'agent', applicationName: 'spec' });
    const store = new PostgresEventStore({ database, ids: sequentialIds() });
    for (let first = 1; first <= EVENTS; first += 500) {
      await store.append({
        tenant: tenantId('demo'),
        streamId: streamId('item', 'flour'),
        expected: first - 1 === 0 ? 'no-stream' : first - 1,
        events: Array.from({ length: 500 }, (_, index) => ({
          type: 'counted',
          typeVersion: 1,
          data: { number: first + index },
        })),
        metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
      });
    }
    await new HeadSigner({ database, key: signingKeyFrom(key) }).sign();
    await database.close();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  afterAll(async () => {
    await testDatabase.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function start(args: readonly string[], environment: Record<string, string> = { AGENT_DATABASE_URL: url }) {
    const child = spawn(process.execPath, [PROGRAM, '--state', join(folder, 'state.json'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...environment },
    });
    children.push(child);
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
    return { child, ended };
  }

  const run = (...args: string[]): ReturnType<typeof start>['ended'] => start(['--service', 'agent', ...args]).ended;

  it('says that a log is intact, and what shows it', async () => {
    const { code, out, err } = await run('--public-key', join(folder, 'key.pem'));

    expect(err).toBe('');
    expect(out).toMatch(
      /^agent: intact\. 2000 events in [\d.]+ s\.\n {2}lane 0 ends at 2000 with [0-9a-f]{16}\n {2}signed head 1: /,
    );
    expect(out).toContain('kept outside of the database');
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'state.json'))).toBe(true);
    expect(readFileSync(join(folder, 'state.json'), 'utf8')).toBe('{}');
  });

  it('says what keys from the database are worth, and shows them', async () => {
    const verified = await run();
    const shown = await run('--show-keys');

    expect(verified).toMatchObject({ code: 0, out: expect.stringContaining('give --public-key') });
    expect(shown).toMatchObject({ code: 0, out: expect.stringContaining(publicPemOf(key).trim()) });
  });

  it('is read by programs', async () => {
    const { code, out } = await run('--json', '--public-key', join(folder, 'other.pem'));

    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'broken',
      logs: [{ service: 'agent', outcome: 'broken', problem: { lane: 0, position: EVENTS, signedHead: 1 } }],
    });
  });

  it('names the first event that was changed', async () => {
    const set = (number: number): Promise<void> =>
      execute(
        testDatabase.url,
        `set session_replication_role = replica; update agent.events set data = '{"number":${number}}' where position = 1234`,
      );
    await set(0);
    const { code, err } = await run();
    await set(1_234);

    expect(err).toContain('agent: BROKEN at lane 0, position 1234, stream demo/item-flour, version 1234: its content');
    expect(code).toBe(1);
  });

  it('looks at nothing before the position that it is told', async () => {
    const { code, out } = await run('--from', '1501');

    expect(code).toBe(0);
    expect(out).toContain('500 events');
    expect(out).toContain('begun at 1501: what is before was believed');
  });

  it('goes on where it was interrupted', async () => {
    const { hostname, port } = new URL(url);
    const proxy = await startFaultProxy({ targetHost: hostname, targetPort: Number(port) });
    try {
      const slow = new URL(url);
      slow.port = String(proxy.port);
      proxy.setDelayMs(100);
      const { child, ended } = start(['--service=agent', `--database=${slow.href}`]);
      await eventually(() => proxy.connectionCount > 0, { withinMs: 20_000 });
      child.kill('SIGINT');
      const interrupted = await ended;
      await proxy.heal();
      const resumed = await start(['--service=agent', `--database=${slow.href}`, '--resume']).ended;

      expect(interrupted.code).toBe(130);
      expect(interrupted.err).toContain('npm run verify-log --');
      expect(interrupted.err).toContain('--database=<url> --resume');
      expect(interrupted.err).not.toContain(slow.password);
      expect(resumed.out).toMatch(/going on in lane 0 after event (?!2000)\d+\.\nagent: intact\. 2000 events/);
      expect(resumed.code).toBe(0);
    } finally {
      await proxy.close();
    }
  });

  it.each([
    ['a service that is none', ['--service', 'shop'], 'There is no service "shop"'],
    ['a lane that is none', ['--lane', 'first'], '--lane is "first"'],
    ['a lane that the log does not have', ['--service', 'agent', '--lane', '9'], 'no lane 9'],
    ['an unknown option', ['--fast'], '--fast'],
    ['two beginnings', ['--resume', '--from', '3'], 'exclude each other'],
    ['one schema for all services', ['--schema', 'x'], '--schema needs --service'],
    ['a key that cannot be read', ['--public-key', '/none.pem'], '--public-key /none.pem'],
    ['a database that is none', ['--database', 'mysql://x:hidden@y/z'], '--database has no correct value (not shown)'],
    ['a log that is not there', ['--service', 'agent', '--schema', 'other'], 'The log is not there'],
    ['a log of somebody else', ['--service', 'agent', '--schema', 'pg_toast'], 'cannot be verified'],
  ])('says with 2 that it cannot tell, given %s', async (_, args, reason) => {
    const { code, out, err } = await start(args).ended;

    expect(`${out}${err}`).toContain(reason);
    expect(err).not.toContain('hidden');
    expect(err).not.toMatch(/^\s+at /m);
    expect(code).toBe(2);
  });

  it('says with 2 that the database does not answer, or refuses', async () => {
    const away = new URL(url);
    away.port = '1';
    const wrong = new URL(url);
    wrong.password = 'wrong';

    const silent = await start(['--service', 'agent'], { DATABASE_URL: away.href }).ended;
    const refused = await start(['--service', 'agent'], { DATABASE_URL: wrong.href }).ended;

    expect(silent).toMatchObject({ code: 2, err: expect.stringContaining('does not answer') });
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('refused the password') });
  });

  it('takes no unsigned log for a proven one', async () => {
    await execute(
      testDatabase.url,
      `create schema kept; create table kept.heads as table agent.signed_heads; set session_replication_role = replica;
       delete from agent.signed_heads; update agent.signed_heads_end set number = 0, previous = decode(repeat('00', 32), 'hex')`,
    );

    const unproven = await run('--public-key', join(folder, 'key.pem'));
    const unsigned = await run();

    expect(unproven).toMatchObject({ code: 2, err: expect.stringContaining('no head is signed') });
    expect(unsigned).toMatchObject({ code: 0, out: expect.stringContaining('No head is signed') });
  });

  it('explains itself', async () => {
    expect(await start(['--help']).ended).toMatchObject({
      code: 0,
      out: expect.stringContaining('--public-key <file>'),
    });
  });
});
