import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Database,
  migrateService,
  newSigningKey,
  PostgresEventStore,
  publicPemOf,
  publicKeysFrom,
  verifyLog,
} from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, eventually, execute, fixedClock, sequentialIds, type TestDatabase } from '#libs/testing';
import { HealthRegistry } from '../health/health-registry.ts';
import type { BackgroundWork } from './service-definition.ts';
import { logSigning } from './log-signing.ts';
import type { Runtime } from './runtime.module.ts';

const KEY = newSigningKey();
const WEEK_MS = 604_800_000;

type Line = { level: string; message: string; fields: Record<string, unknown> };

describe('the signing of the head of a log', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let store: PostgresEventStore;
  let appended = 0;
  const started: BackgroundWork[] = [];

  // As the role that a service runs as: what it may not do, the signing can't need.
  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    const logins = await testDatabase.loginsOf('agent');
    await migrateService({ ...logins, schema: 'agent', migrations: [] });
    database = new Database({ url: logins.url, schema: 'agent', applicationName: 'spec' });
    store = new PostgresEventStore({ database, ids: sequentialIds() });
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((work) => work.stop()));
  });
  afterAll(async () => {
    await database.close();
    await testDatabase.drop();
  });

  async function append(): Promise<number> {
    await store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', 'flour'),
      expected: 'any',
      events: [{ type: 'counted', typeVersion: 1, data: { number: (appended += 1) } }],
      metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
    });
    return appended;
  }

  function start(settings: { LOG_SIGNING_KEY?: string; LOG_SIGNING_INTERVAL_MS?: number; INSTANCE_ID?: string } = {}) {
    const lines: Line[] = [];
    const measured = new Map<string, number>();
    const clock = fixedClock();
    const health = new HealthRegistry({ clock, cacheMs: 0 });
    const log = (level: string) => (fields: object, message: string) => {
      lines.push({ level, message, fields: { ...fields } });
    };
    const runtime = {
      clock,
      database,
      health,
      configuration: { LOG_SIGNING_INTERVAL_MS: WEEK_MS, INSTANCE_ID: 'one', ...settings },
      logger: { info: log('info'), warn: log('warn'), error: log('error'), fatal: log('fatal') },
      metrics: {
        logSignedHead: { set: (value: number, labels: object) => measured.set(JSON.stringify(labels), value) },
        backgroundFailures: {
          add: (count: number, labels: object) =>
            measured.set(JSON.stringify(labels), count + (measured.get(JSON.stringify(labels)) ?? 0)),
        },
      },
    } as unknown as Runtime;
    const work = logSigning('agent', runtime);
    started.push(work);
    void work.start();
    const check = async (): Promise<unknown> => (await health.report()).components['log-signing'];
    return { lines, measured, check, clock, work };
  }

  const signedPositions = async (): Promise<number[]> =>
    (await database.query<{ position: number }>('select position from signed_heads order by number')).map(
      ({ position }) => position,
    );

  it('signs a new log soon after its first event, however long the interval is', async () => {
    const { work } = start({ LOG_SIGNING_KEY: KEY });
    const isSigned = async (): Promise<boolean> => (await signedPositions()).length > 0;
    await append();
    await eventually(isSigned);
    await work.stop();
    await execute(
      testDatabase.url,
      `set session_replication_role = replica; delete from agent.signed_heads;
       update agent.signed_heads_end set number = 0, previous = decode(repeat('00', 32), 'hex')`,
    );
  });

  it('is off without a key, and says so once', async () => {
    const { lines, check } = start();

    expect(lines).toEqual([
      expect.objectContaining({ level: 'warn', message: expect.stringContaining('LOG_SIGNING_KEY') }),
    ]);
    expect(await check()).toEqual({ status: 'healthy', signing: 'off', unsignedEvents: 1 });
    expect(await signedPositions()).toEqual([]);
  });

  it('begins at the start, and then waits for the interval and for a head that moved', async () => {
    const first = start({ LOG_SIGNING_KEY: KEY });
    await eventually(async () => {
      expect(await signedPositions()).toEqual([1]);
    });
    const position = await append();
    const before = await first.check();
    await first.work.stop();
    const second = start({ LOG_SIGNING_KEY: KEY, LOG_SIGNING_INTERVAL_MS: 20 });
    await eventually(async () => {
      expect(await signedPositions()).toEqual([1, position]);
    });
    await eventually(() => second.measured.size > 0);
    const next = await append();
    await eventually(async () => {
      expect(await signedPositions()).toEqual([1, position, next]);
    });

    expect(before).toMatchObject({
      status: 'healthy',
      newestSignedHeadAgeSeconds: expect.any(Number),
      unsignedEvents: 1,
    });
    expect(first.lines).toEqual([
      {
        level: 'info',
        message: 'signed the head of the log',
        fields: expect.objectContaining({ number: 1, position: 1, signature: expect.stringMatching(/^[\w+/]{86}==$/) }),
      },
    ]);
    const atSeconds = second.measured.get('{"log":"agent"}') ?? 0;
    expect(Math.abs(second.clock.now().getTime() / 1_000 - atSeconds)).toBeLessThan(60);
    const publicKeys = publicKeysFrom(publicPemOf(KEY));
    expect(await verifyLog({ database, publicKeys })).toMatchObject({ outcome: 'intact', signedHeads: { count: 3 } });
  });

  it('is done by one instance, and by another one as soon as that stops', async () => {
    const one = start({ LOG_SIGNING_KEY: KEY, LOG_SIGNING_INTERVAL_MS: 20, INSTANCE_ID: 'one' });
    await eventually(() => one.measured.size > 0);
    const two = start({ LOG_SIGNING_KEY: KEY, LOG_SIGNING_INTERVAL_MS: 20, INSTANCE_ID: 'two' });
    const position = await append();
    await eventually(async () => {
      expect((await signedPositions()).at(-1)).toBe(position);
    });

    expect(one.lines).toHaveLength(1);
    expect(two.lines).toEqual([]);
    expect(two.measured.size).toBe(0);
  });

  it('ends with a loud complaint when the log is not what was signed any more, and health shows it', async () => {
    const head = await append();
    const one = start({ LOG_SIGNING_KEY: KEY, LOG_SIGNING_INTERVAL_MS: 20 });
    await eventually(async () => {
      expect((await signedPositions()).at(-1)).toBe(head);
    });
    const free = (hash: string): Promise<void> =>
      execute(
        testDatabase.url,
        `set session_replication_role = replica; update agent.events set hash = ${hash} where position = ${head}`,
      );
    await free('sha256(hash)');
    await eventually(() => one.lines.some(({ level }) => level === 'fatal'));
    const check = await one.check();
    const [row] = await database.query<{ hash: string }>(
      `select encode(hash, 'hex') as hash from signed_heads where position = ${head}`,
    );
    await free(`'\\x${row?.hash ?? ''}'`);

    expect(one.lines.at(-1)).toMatchObject({ level: 'fatal', message: 'the log was changed after it was signed' });
    expect(one.measured.get('{"work":"log-signing"}')).toBeGreaterThan(0);
    expect(check).toMatchObject({
      status: 'degraded',
      error: expect.stringContaining(`event ${head} has another hash`),
    });
    await eventually(async () => {
      expect(await one.check()).toMatchObject({ status: 'healthy' });
    });
  });

  it('shows events that wait for a signature for too long', async () => {
    const { work, check } = start({ LOG_SIGNING_KEY: KEY, LOG_SIGNING_INTERVAL_MS: 20 });
    await eventually(async () => {
      expect(await check()).toMatchObject({ unsignedEvents: 0 });
    });
    await work.stop();
    const position = await append();
    await execute(
      testDatabase.url,
      `set session_replication_role = replica;
       update agent.events set recorded_at = recorded_at - interval '1 hour' where position = ${position}`,
    );

    expect(await check()).toMatchObject({
      status: 'degraded',
      error: 'events wait for a signature for too long',
      unsignedEvents: 1,
    });
  });

  it('does not start with a key that is none', () => {
    expect(() => start({ LOG_SIGNING_KEY: 'some words' })).toThrow('LOG_SIGNING_KEY');
  });
});
