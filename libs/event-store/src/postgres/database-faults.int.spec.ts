import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayPostgres, type EmbeddedPostgres, type ThrowAway } from '#libs/embedded-servers';
import { eventually, sequentialIds, startFaultProxy, type FaultProxy } from '#libs/testing';
import { StoreUnavailable } from '../errors.ts';
import { Database } from './database.ts';
import { counted, openLog, TENANT, type Instance, type LogFixture } from './log-fixture.contract.ts';
import { migrate, readModelDataSource } from './migrate.ts';
import { PostgresEventStore } from './postgres-event-store.ts';

const ANSWER_TIMEOUT_MS = 400;

jest.setTimeout(30_000);

describe('a log behind a network that breaks', () => {
  let log: LogFixture;
  let proxy: FaultProxy;
  let remote: Instance;

  beforeAll(async () => {
    log = await openLog();
    const url = new URL(log.url);
    proxy = await startFaultProxy({ targetHost: url.hostname, targetPort: Number(url.port) });
    url.port = String(proxy.port);
    remote = log.connect({ url: url.href, answerTimeoutMs: ANSWER_TIMEOUT_MS }, { retryForMs: 0 });
  });
  afterAll(async () => {
    await proxy.heal();
    await log.close();
    await proxy.close();
  });

  it('says so when the connection is cut, and works when it is back', async () => {
    await remote.store.append(counted('cut', 'no-stream', 1));
    await proxy.refuse(true);
    proxy.cut();

    await expect(remote.store.append(counted('cut', 1, 2))).rejects.toThrow(StoreUnavailable);
    await expect(remote.store.head()).rejects.toThrow(StoreUnavailable);
    await proxy.heal();

    expect(await remote.store.append(counted('cut', 1, 2))).toMatchObject({ outcome: 'appended', streamVersion: 2 });
  });

  it('says so when no answer comes, and works when it comes again', async () => {
    await remote.store.append(counted('silent', 'no-stream', 1));
    proxy.blackhole(true);

    await expect(remote.store.readStream(TENANT, counted('silent', 'any').streamId)).rejects.toThrow(StoreUnavailable);
    await expect(remote.store.append(counted('silent', 1, 2))).rejects.toThrow(StoreUnavailable);
    await proxy.heal();

    await eventually(() => remote.store.head());
  });

  it('resolves by its key an append whose answer was lost', async () => {
    const append = { ...counted('lost-answer', 'no-stream', 1), idempotencyKey: 'lost-answer' };
    await remote.store.head();
    const outcome = Promise.allSettled([remote.store.append(append)]);
    proxy.blackhole(true);
    expect(await outcome).toMatchObject([{ status: 'rejected', reason: expect.any(StoreUnavailable) }]);
    await proxy.heal();

    await eventually(() => remote.store.append(append));

    expect(await log.store.readStream(TENANT, append.streamId)).toHaveLength(1);
  });

  it('outlives the loss of a connection between two statements of a transaction', async () => {
    const work = remote.store.transaction(async (transaction) => {
      const [row] = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid');
      await log.database.query('select pg_terminate_backend($1)', [row?.pid]);
      await eventually(async () => {
        const alive = await log.database.query('select 1 from pg_stat_activity where pid = $1', [row?.pid]);
        expect(alive).toEqual([]);
      });
      transaction.append(counted('killed', 'no-stream', 1));
    });

    await expect(work).rejects.toThrow(StoreUnavailable);
    expect(await remote.store.append(counted('killed', 'no-stream', 1))).toMatchObject({ outcome: 'appended' });
  });

  it('tells of an idle connection that was lost, without the client that pg hangs on the error', async () => {
    const lost: Error[] = [];
    const { database } = log.connect({ onIdleError: (error) => lost.push(error) });
    const [row] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');

    await log.database.query('select pg_terminate_backend($1)', [row?.pid]);

    const error = await eventually(() => {
      expect(lost).toHaveLength(1);
      return lost[0];
    });
    expect(error).toMatchObject({ code: '57P01' });
    expect(error).not.toHaveProperty('client');
  });

  it('gives every connection back, whatever broke', async () => {
    await eventually(() => {
      expect(remote.database.activeConnections).toBe(0);
    });
  });
});

describe('a log whose server is killed', () => {
  let server: ThrowAway<EmbeddedPostgres>;
  let database: Database;
  let store: PostgresEventStore;

  beforeAll(async () => {
    // What a killed server acknowledged must have left its own memory; the disk is needed for a power cut only.
    server = await startThrowAwayPostgres({ settings: { synchronous_commit: 'on', full_page_writes: 'on' } });
    const options = { url: server.server.url, schema: 'agent', applicationName: 'spec', migrations: [], entities: [] };
    const dataSource = await readModelDataSource(options).initialize();
    await migrate(dataSource, options);
    await dataSource.destroy();
    database = new Database(options);
    store = new PostgresEventStore({ database, ids: sequentialIds() });
  }, 30_000);
  afterAll(async () => {
    await database.close();
    await server.remove();
  });

  it('keeps every append that it acknowledged, stores none twice, and resolves by their keys those without an answer', async () => {
    const outcomes: string[] = [];
    const numbers = Array.from({ length: 400 }, (_, index) => index);
    let kill: Promise<void> | undefined;
    let failures = 0;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (const number of numbers.filter((each) => each % 8 === writer)) {
        if (outcomes.length >= 100) kill ??= server.server.kill9().then(() => server.server.restart());
        const append = { ...counted(`killed-${number % 5}`, 'any', number), idempotencyKey: `n-${number}` };
        outcomes.push((await store.append(append)).outcome);
        await unkeyed(number).catch((error: unknown) => {
          expect(error).toBeInstanceOf(StoreUnavailable);
          failures += 1;
        });
      }
    });

    await Promise.all(writers);
    await kill;

    const [stored] = await database.query<{ events: number; numbers: number; head: number }>(
      "select count(*) as events, count(distinct data->>'number') as numbers from events where stream_id like 'item-killed%'",
    );
    expect(stored).toEqual({ events: 400, numbers: 400 });
    expect(outcomes).toHaveLength(400);
    const [once] = await database.query<{ most: number; events: number }>(
      `select max(n)::int as most, sum(n)::int as events
       from (select count(*) as n from events where stream_id like 'item-unkeyed%' group by data->>'number') e`,
    );
    expect(once?.most).toBe(1);
    // What got no answer may have been stored, and is never tried again.
    expect(failures).toBeGreaterThan(0);
    expect(once?.events).toBeGreaterThanOrEqual(400 - failures);
  }, 40_000);

  const unkeyed = (number: number): Promise<unknown> => store.append(counted(`unkeyed-${number % 5}`, 'any', number));
});
