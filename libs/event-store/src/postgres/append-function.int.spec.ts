import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { slotOf } from '#libs/kernel';
import { eventually, sequentialIds } from '#libs/testing';
import { decideBatch, prepare, streamKey, type LogState } from '../decide-batch.ts';
import { IdempotencyKeyReused, StoreUnavailable, WrongExpectedVersion, WrongIsolation } from '../errors.ts';
import type { Append, ExpectedVersion, RecordedEvent } from '../event-store.ts';
import type { UnsureStream } from '../known-lane.ts';
import { verifyChain } from '../verification/verify-chain.ts';
import { APPEND_BATCH } from './append.sql.ts';
import { batchParameters } from './batch-parameters.ts';
import { counted, openLog, TENANT, type Instance, type LogFixture } from './log-fixture.contract.ts';

jest.setTimeout(30_000);

const LOCK_NOTHING_ELSE = "select lock_lane(0, '{}', '{}', '{}', '{}')";

let log: LogFixture;
/** Two processes, of which the first is new in each spec; `begins` counts the transactions that it has begun. */
let ours: Instance;
let theirs: Instance;
let begins = 0;
/** How far the first one's clock is off. */
let skewMs = 0;
let streams = 0;

beforeAll(async () => {
  log = await openLog();
  theirs = log.connect();
});
afterAll(async () => {
  const verdict = await verifyChain(log.database);
  await log.close();
  expect(verdict).toMatchObject({ outcome: 'intact' });
});
afterEach(async () => {
  await ours.database.close();
});
beforeEach(async () => {
  skewMs = 0;
  ours = log.connect(
    { observe: (queryType) => (begins += Number(queryType === 'begin')) },
    { clock: { now: () => new Date(Date.now() + skewMs) } },
  );
  // From here on the first process knows the lane.
  await ours.store.append(counted(newStream(), 'any', 0));
});

/** The name of a stream that no other spec uses. */
const newStream = (): string => `s${(streams += 1)}`;
const keyed = (append: Append, idempotencyKey: string): Append => ({ ...append, idempotencyKey });
const eventsOf = (stream: string): Promise<RecordedEvent[]> =>
  log.store.readStream(TENANT, counted(stream, 'any').streamId);
const numbersOf = async (stream: string): Promise<unknown[]> =>
  (await eventsOf(stream)).map(({ data }) => (data as { number: number }).number);

/** What became of an append: the version after it, or the name of its refusal. */
async function outcomeOf(append: Promise<{ streamVersion: number }>): Promise<number | string> {
  try {
    return (await append).streamVersion;
  } catch (error) {
    return error instanceof WrongExpectedVersion ? `refused at ${error.actual}` : String(error);
  }
}
/** Until an append waits for the lane that another connection holds. */
async function someoneWaits(): Promise<void> {
  await eventually(async () => {
    const [row] = await log.database.query<{ n: number }>(
      "select count(*) as n from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())",
    );
    expect(row?.n).toBeGreaterThan(0);
  });
}
async function transactionsOf(work: () => Promise<unknown>): Promise<number> {
  const before = begins;
  await work();
  return begins - before;
}

describe('an append of a process that knows the lane', () => {
  it('is one statement to a stream that it knows, and to one of which the writer knows the version', async () => {
    const [known, unknown, missing] = [newStream(), newStream(), newStream()];
    await theirs.store.append(counted(unknown, 'any', 1, 2));
    await ours.store.append(counted(known, 'any', 1));

    const transactions = await transactionsOf(async () => {
      await ours.store.append(counted(known, 'any', 2));
      await ours.store.append(counted(unknown, 2, 3));
      await ours.store.append(counted(missing, 'no-stream', 1));
      await ours.store.append(counted(missing, 'exists', 2));
    });

    expect(transactions).toBe(0);
    expect(await Promise.all([known, unknown, missing].map(numbersOf))).toEqual([
      [1, 2],
      [1, 2, 3],
      [1, 2],
    ]);
  });

  it('is decided anew, under the lock, when another process appended in between', async () => {
    const stream = newStream();
    await ours.store.append(counted(stream, 'no-stream', 1));
    await theirs.store.append(counted(stream, 1, 2));

    const transactions = await transactionsOf(async () => {
      await expect(ours.store.append(counted(stream, 1, 99))).rejects.toMatchObject({ expected: 1, actual: 2 });
    });

    expect(transactions).toBe(1);
    expect(await ours.store.append(counted(stream, 2, 3))).toMatchObject({ streamVersion: 3 });
    expect(await numbersOf(stream)).toEqual([1, 2, 3]);
  });

  it('is decided anew when the writer assumed another version than the stream has', async () => {
    const stream = newStream();
    await theirs.store.append(counted(stream, 'no-stream', 1, 2));
    await ours.store.append(counted(newStream(), 'any', 0));

    expect(await outcomeOf(ours.store.append(counted(stream, 1, 99)))).toBe('refused at 2');
    expect(await outcomeOf(ours.store.append(counted(stream, 'no-stream', 99)))).toBe('refused at 2');
    expect(await numbersOf(stream)).toEqual([1, 2]);
  });

  it('gives every append of a wrongly believed batch its own right verdict', async () => {
    const [first, second, third] = [newStream(), newStream(), newStream()];
    await ours.store.append(counted(first, 'any', 1));
    await ours.store.append(counted(second, 'any', 1));
    await theirs.store.append(counted(first, 'any', 2));
    await theirs.store.append(counted(third, 'any', 1));

    const outcomes = await Promise.all(
      [
        counted(first, 1, 99),
        counted(first, 2, 3),
        counted(second, 1, 2),
        counted(third, 'no-stream', 99),
        counted(third, 'exists', 2),
        counted(second, 'any', 3),
      ].map((append) => outcomeOf(ours.store.append(append))),
    );

    expect(outcomes).toEqual(['refused at 2', 3, 2, 'refused at 1', 2, 3]);
    expect(await Promise.all([first, second, third].map(numbersOf))).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2],
    ]);
  });

  it('is stored once however its listeners fail, and so are its neighbours', async () => {
    const told: unknown[] = [];
    const failing = log.connect(
      {},
      {
        onBatch: () => {
          throw new Error('onBatch failed');
        },
        onListenerError: (error) => told.push(String(error)),
      },
    );
    failing.store.onCommit(() => {
      throw new Error('listener failed');
    });
    const stream = newStream();

    const outcomes = await Promise.all(
      [1, 2, 3].map((number) => outcomeOf(failing.store.append(counted(stream, 'any', number)))),
    );

    expect(outcomes).toEqual([1, 2, 3]);
    expect(await numbersOf(stream)).toEqual([1, 2, 3]);
    expect(new Set(told)).toEqual(new Set(['Error: onBatch failed', 'Error: listener failed']));
  });
});

describe('what is expected of a stream', () => {
  const EXPECTATIONS: readonly ExpectedVersion[] = [0, 1, 2, 3, 'no-stream', 'any', 'exists'];
  const VERDICTS = {
    'of version 2': ['refused at 2', 'refused at 2', 3, 'refused at 2', 'refused at 2', 3, 3],
    'that does not exist': [1, 'refused at 0', 'refused at 0', 'refused at 0', 1, 1, 'refused at 0'],
  };

  it.each<{ knowledge: string; stream: keyof typeof VERDICTS; prepare: (stream: string) => Promise<unknown> }>([
    {
      knowledge: 'known',
      stream: 'of version 2',
      prepare: (stream) => ours.store.append(counted(stream, 'any', 1, 2)),
    },
    {
      knowledge: 'not known',
      stream: 'of version 2',
      prepare: async (stream) => {
        await theirs.store.append(counted(stream, 'any', 1, 2));
        await ours.store.append(counted(newStream(), 'any', 0));
      },
    },
    {
      knowledge: 'known as it was',
      stream: 'of version 2',
      prepare: async (stream) => {
        await ours.store.append(counted(stream, 'any', 1));
        await theirs.store.append(counted(stream, 'any', 2));
      },
    },
    {
      knowledge: 'known as it was before the newest own append',
      stream: 'of version 2',
      prepare: async (stream) => {
        await ours.store.append(counted(stream, 'any', 1));
        await theirs.store.append(counted(stream, 'any', 2));
        await ours.store.append(counted(newStream(), 'any', 0));
      },
    },
    { knowledge: 'not known', stream: 'that does not exist', prepare: () => Promise.resolve() },
    {
      knowledge: 'known',
      stream: 'that does not exist',
      prepare: async (stream) => {
        expect(await outcomeOf(ours.store.append(counted(stream, 7, 99)))).toBe('refused at 0');
      },
    },
    {
      knowledge: 'believed in vain to be known',
      stream: 'that does not exist',
      prepare: async (stream) => {
        expect(await outcomeOf(ours.store.append(counted(stream, 7, 99)))).toBe('refused at 0');
        await theirs.store.append(counted(newStream(), 'any', 0));
      },
    },
  ])('is compared with what is so, for one $stream that is $knowledge', async ({ stream: kind, prepare }) => {
    const outcomes: (number | string)[] = [];
    for (const expected of EXPECTATIONS) {
      const stream = newStream();
      await prepare(stream);
      outcomes.push(await outcomeOf(ours.store.append(counted(stream, expected, 9))));
    }

    expect(outcomes).toEqual(VERDICTS[kind]);
  });
});

describe('an idempotency key', () => {
  it('is stored once when it comes several times in one batch', async () => {
    const stream = newStream();
    const once = keyed(counted(stream, 'no-stream', 1, 2), stream);

    const results = await Promise.all(
      [counted(newStream(), 'any', 0), once, once, once].map((append) => ours.store.append(append)),
    );

    const [, first, ...again] = results;
    expect(first).toMatchObject({ outcome: 'appended', streamVersion: 2 });
    expect(again).toEqual([
      { ...first, outcome: 'duplicate' },
      { ...first, outcome: 'duplicate' },
    ]);
    expect(await numbersOf(stream)).toEqual([1, 2]);
  });

  it('is answered as before by a process that never saw it, and refused with other content', async () => {
    const stream = newStream();
    await ours.store.append(counted(newStream(), 'any', 0));
    const first = await theirs.store.append(keyed(counted(stream, 'no-stream', 1), stream));

    expect(await ours.store.append(keyed(counted(stream, 'no-stream', 1), stream))).toEqual({
      ...first,
      outcome: 'duplicate',
    });
    await expect(ours.store.append(keyed(counted(stream, 'any', 2), stream))).rejects.toThrow(IdempotencyKeyReused);
    expect(await numbersOf(stream)).toEqual([1]);
  });

  it('is answered as before although the stream went on and the batch has other appends to store', async () => {
    const [stream, neighbour] = [newStream(), newStream()];
    const once = keyed(counted(stream, 'no-stream', 1), stream);
    const first = await ours.store.append(once);
    await ours.store.append(counted(neighbour, 'any', 1));

    const results = await Promise.all(
      [counted(neighbour, 'any', 2), once, counted(neighbour, 'any', 3)].map((append) => ours.store.append(append)),
    );

    expect(results[1]).toEqual({ ...first, outcome: 'duplicate' });
    expect(await numbersOf(stream)).toEqual([1]);
    expect(await numbersOf(neighbour)).toEqual([1, 2, 3]);
  });

  it('is stored once when two processes send it at the same time', async () => {
    const names = Array.from({ length: 30 }, newStream);

    const pairs = await Promise.all(
      names.map((stream, index) => {
        const append = keyed(counted(stream, 'any', index), stream);
        return Promise.all([ours.store.append(append), theirs.store.append(append)]);
      }),
    );

    for (const [left, right] of pairs) {
      expect([left.outcome, right.outcome].sort()).toEqual(['appended', 'duplicate']);
      expect({ ...left, outcome: '' }).toEqual({ ...right, outcome: '' });
    }
    expect(await Promise.all(names.map(numbersOf))).toEqual(names.map((_, index) => [index]));
  });

  it('is free again after an append that was refused', async () => {
    const stream = newStream();
    await expect(ours.store.append(keyed(counted(stream, 5, 1), stream))).rejects.toThrow(WrongExpectedVersion);

    expect(await ours.store.append(keyed(counted(stream, 0, 2), stream))).toMatchObject({ outcome: 'appended' });
  });

  it('of one tenant says nothing of another', async () => {
    const stream = newStream();
    await ours.store.append(keyed(counted(stream, 'any', 1), stream));

    const other = { ...keyed(counted(stream, 'no-stream', 2), stream), tenant: 'other' as typeof TENANT };

    expect(await ours.store.append(other)).toMatchObject({ outcome: 'appended', streamVersion: 1 });
  });
});

describe('two processes at once', () => {
  it('give every stream dense versions, whatever each believes', async () => {
    const hot = Array.from({ length: 4 }, newStream);
    const stores = [ours.store, theirs.store, log.connect().store];
    const outcomes = await Promise.all(
      Array.from({ length: 240 }, (_, index) =>
        outcomeOf(
          (stores[index % 3] ?? ours.store).append(
            counted(hot[index % 4] ?? '', index % 5 === 0 ? Math.floor(index / 12) : 'any', index),
          ),
        ),
      ),
    );

    const stored = await Promise.all(hot.map(eventsOf));
    for (const events of stored) {
      expect(events.map(({ streamVersion }) => streamVersion)).toEqual(events.map((_, index) => index + 1));
    }
    const accepted = outcomes.filter((outcome) => typeof outcome === 'number');
    expect(stored.flat()).toHaveLength(accepted.length);
    expect(accepted.length).toBeGreaterThanOrEqual(192);
  });

  it('name every type that they stored, once, where it came first', async () => {
    const of = (type: string, typeVersion = 1): Append => ({
      ...counted(newStream(), 'any'),
      events: [
        { type: 'counted', typeVersion: 1, data: {} },
        { type, typeVersion, data: {} },
      ],
    });
    const results = [
      await ours.store.append(of('weighed')),
      await theirs.store.append(of('weighed')),
      await ours.store.append(of('weighed', 2)),
      await theirs.store.append(of('wasted')),
      await ours.store.append(of('wasted')),
    ];

    const types = await log.database.query(
      "select type, type_version, first_position from event_types where type like 'w%' order by first_position",
    );

    expect(types).toEqual([
      { type: 'weighed', type_version: 1, first_position: results[0]?.lastPosition },
      { type: 'weighed', type_version: 2, first_position: results[2]?.lastPosition },
      { type: 'wasted', type_version: 1, first_position: results[3]?.lastPosition },
    ]);
  });
});

describe('append_batch', () => {
  type Belief = Partial<LogState> & { unsure?: readonly UnsureStream[] };

  /** Calls the function with a batch that was decided on this belief; the rest of it is what is so. */
  async function stored(append: Append, { unsure = [], ...wrong }: Belief): Promise<boolean> {
    const [lane] = await log.database.query<{ head: number; hash: Buffer; now: Date }>(
      "select position as head, hash, date_trunc('milliseconds', clock_timestamp()) as now from lanes where lane = 0",
    );
    if (!lane) throw new Error('There is no lane.');
    const base = { lane: 0, ...lane, now: lane.now.toISOString(), versions: new Map(), keys: new Map(), ...wrong };
    const slot = slotOf(append.tenant, append.streamId);
    const decision = decideBatch(base, [prepare(append, () => sequentialIds(9).next(), slot)]);
    const [row] = await log.database.query<{ stored_at: number | null }>(
      APPEND_BATCH,
      batchParameters({ base, decision, unsure, hasNewTypes: false }),
    );
    return row?.stored_at !== null;
  }
  const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

  it('stores what was decided on what is so', async () => {
    const stream = newStream();

    expect(await stored(counted(stream, 'no-stream', 1), { unsure: [unsure(stream, 0)] })).toBe(true);
    expect(await numbersOf(stream)).toEqual([1]);
  });

  it.each<{ wrong: string; belief: () => Belief | Promise<Belief> }>([
    { wrong: 'another head', belief: async () => ({ head: (await log.store.head()) - 1 }) },
    { wrong: 'another hash of the same head', belief: () => ({ hash: Buffer.alloc(32, 1) }) },
    { wrong: 'a time 6 s before the database’s', belief: () => ({ now: fromNow(-6_000) }) },
    { wrong: 'a time 6 s after the database’s', belief: () => ({ now: fromNow(6_000) }) },
  ])('stores nothing that was decided on $wrong', async ({ belief }) => {
    const stream = newStream();
    const head = await log.store.head();

    expect(await stored(counted(stream, 'no-stream', 1), await belief())).toBe(false);

    expect(await numbersOf(stream)).toEqual([]);
    expect(await log.store.head()).toBe(head);
  });

  it('stores nothing for a stream that is at another version, in this tenant alone', async () => {
    const stream = newStream();
    await theirs.store.append(counted(stream, 'any', 1, 2));
    const state = { versions: new Map([[streamKey(TENANT, `item-${stream}`), 1]]) };

    expect(await stored(counted(stream, 1, 9), { ...state, unsure: [unsure(stream, 1)] })).toBe(false);
    expect(await stored(counted(newStream(), 'any', 9), { unsure: [{ ...unsure(stream, 0), tenant: 'x' }] })).toBe(
      true,
    );
    expect(await numbersOf(stream)).toEqual([1, 2]);
  });

  it('stores nothing for a key that it knows', async () => {
    const stream = newStream();
    await theirs.store.append(keyed(counted(stream, 'any', 1), stream));

    expect(await stored(keyed(counted(newStream(), 'any', 2), stream), {})).toBe(false);
  });

  it('takes a time that is a little off', async () => {
    const stream = newStream();

    expect(await stored(counted(stream, 'no-stream', 1), { now: fromNow(-3_000) })).toBe(true);
  });
});

describe("the process's clock", () => {
  const recordedAt = async (stream: string): Promise<number> => (await eventsOf(stream))[0]?.recordedAt.getTime() ?? 0;
  const append = async (): Promise<number> => {
    const stream = newStream();
    await ours.store.append(counted(stream, 'no-stream', 1));
    return recordedAt(stream);
  };

  it('may jump ahead: the append is decided on the database’s time, and the next one is right again', async () => {
    const before = await append();
    skewMs = 60_000;

    const transactions = [await transactionsOf(append), await transactionsOf(append)];

    expect(transactions).toEqual([1, 0]);
    const after = await append();
    expect(after).toBeGreaterThanOrEqual(before);
    expect(Math.abs(after - Date.now())).toBeLessThan(4_000);
  });

  it('may jump back: no event is recorded before an earlier one of the same process', async () => {
    const times = [await append()];
    skewMs = -60_000;
    for (let round = 0; round < 4; round += 1) times.push(await append());

    expect(times).toEqual([...times].sort((left, right) => left - right));
    expect(Math.abs((times.at(-1) ?? 0) - Date.now())).toBeLessThan(4_000);
  });

  it('may be a little ahead: what is decided under the lock is not recorded before what went without it', async () => {
    await append();
    skewMs = 3_000;
    const ahead = await append();
    const stream = newStream();
    skewMs = 0;

    await ours.store.transaction((transaction) => {
      transaction.append(counted(stream, 'no-stream', 1));
      return Promise.resolve();
    });

    expect(await recordedAt(stream)).toBeGreaterThanOrEqual(ahead);
  });
});

describe('a transaction', () => {
  it.each(['repeatable read', 'serializable'])(
    'of isolation %s cannot append, and nothing of it stays',
    async (level) => {
      const stream = newStream();
      const head = await log.store.head();
      await log.database.query('create table if not exists rows_of_a_handler (id text)');

      const work = ours.store.transaction(async (transaction) => {
        await transaction.query(`set transaction isolation level ${level}`);
        await transaction.query('insert into rows_of_a_handler values ($1)', [stream]);
        transaction.append(counted(stream, 'no-stream', 1));
      });

      await expect(work).rejects.toThrow(WrongIsolation);
      await expect(work).rejects.toThrow(new RegExp(`isolation "${level}"`));
      expect(await log.store.head()).toBe(head);
      expect(await log.database.query('select id from rows_of_a_handler where id = $1', [stream])).toEqual([]);
    },
  );

  it('that cannot append may still read as it likes', async () => {
    const [row] = await ours.store.transaction(async (transaction) => {
      await transaction.query('set transaction isolation level repeatable read');
      return transaction.query<{ level: string }>("select current_setting('transaction_isolation') as level");
    });

    expect(row?.level).toBe('repeatable read');
  });

  it('is known to have done nothing when its connection was lost before the commit', async () => {
    const work = ours.store.transaction(async (transaction) => {
      const [row] = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid');
      await log.database.query('select pg_terminate_backend($1)', [row?.pid]);
      await transaction.query('select 1');
    });

    await expect(work).rejects.toMatchObject({ code: 'event-store/unavailable', applied: 'no' });
  });
});

describe('a database with defaults of its own', () => {
  it('does not change in which isolation appends are decided', async () => {
    const name = new URL(log.url).pathname.slice(1);
    await log.database.query(`alter database ${name} set default_transaction_isolation = 'serializable'`);
    const { store } = log.connect();
    const stream = newStream();
    await store.append(counted(stream, 'any', 1));
    let waiting: Promise<unknown> = Promise.resolve();

    await log.database.transaction(async (connection) => {
      await connection.query(LOCK_NOTHING_ELSE);
      waiting = Promise.allSettled([store.append(counted(stream, 1, 2))]);
      await someoneWaits();
      // In any other isolation, whoever waited would fail for this.
      await connection.query('update lanes set position = position');
    });
    await log.database.query(`alter database ${name} reset default_transaction_isolation`);

    expect(await waiting).toMatchObject([{ status: 'fulfilled', value: { streamVersion: 2 } }]);
  });
});

describe('a lane that somebody holds', () => {
  /** A process whose server has these settings instead of its own. */
  function impatient(settings: Readonly<Record<string, string>>, retryForMs = 0): Instance {
    const url = new URL(log.url);
    const given = Object.entries({ search_path: 'agent', ...settings }).map(([name, value]) => `-c ${name}=${value}`);
    url.searchParams.set('options', given.join(' '));
    return log.connect({ url: url.href }, { retryForMs });
  }
  /** Ends the holding. */
  let release: () => Promise<unknown> = () => Promise.resolve();
  afterEach(() => release());

  /** Holds the lane until it is told to let go, or the connection is taken from it. */
  async function holdLane(idleTimeout = '60s'): Promise<void> {
    const [held, letGo] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
    const holding = log.database.transaction(async (connection) => {
      await connection.query(`set local idle_in_transaction_session_timeout = '${idleTimeout}'`);
      await connection.query(LOCK_NOTHING_ELSE);
      held.resolve(undefined);
      await letGo.promise;
    });
    const outcome = Promise.allSettled([holding]);
    await held.promise;
    release = async () => {
      letGo.resolve(undefined);
      return (await outcome)[0];
    };
  }
  it('is free again when its holder does nothing; those who wait get it', async () => {
    const stream = newStream();
    await holdLane('300ms');
    const append = ours.store.append(counted(stream, 'no-stream', 1));

    expect(await append).toMatchObject({ outcome: 'appended' });
    expect(await release()).toMatchObject({ status: 'rejected', reason: expect.any(StoreUnavailable) });
  });

  it('loses an idle holder before those who wait give up', async () => {
    const [limits] = await ours.database.query<Record<string, string>>(
      `select current_setting('idle_in_transaction_session_timeout') as idle, current_setting('lock_timeout') as lock,
         current_setting('statement_timeout') as statement, current_setting('default_transaction_isolation') as isolation`,
    );

    expect(limits).toEqual({ idle: '8s', lock: '10s', statement: '30s', isolation: 'read committed' });
  });

  it.each<{ limit: string; settings: Readonly<Record<string, string>> }>([
    { limit: 'lock_timeout', settings: { lock_timeout: '200ms' } },
    { limit: 'statement_timeout', settings: { statement_timeout: '200ms' } },
  ])('makes an append fail at its $limit, and nothing was done', async ({ settings }) => {
    const stream = newStream();
    const { store } = impatient(settings);
    await store.append(counted(stream, 'any', 1));
    await holdLane();

    const one = store.append(counted(stream, 1, 2));
    await expect(one).rejects.toThrow(StoreUnavailable);
    await expect(one).rejects.toMatchObject({ applied: 'no' });
    await expect(store.transaction((transaction) => lastly(transaction, stream))).rejects.toMatchObject({
      applied: 'no',
    });
    await release();

    expect(await numbersOf(stream)).toEqual([1]);
    expect(await store.append(counted(stream, 1, 2))).toMatchObject({ streamVersion: 2 });
  });

  it('makes an append that has time be tried again until it is free', async () => {
    const stream = newStream();
    const { store } = impatient({ lock_timeout: '50ms' }, 20_000);
    await store.append(counted(stream, 'any', 1));
    await holdLane();
    const appends = Promise.all([2, 3].map((number) => store.append(counted(stream, 'any', number))));
    await someoneWaits();
    await release();

    await appends;

    expect(await numbersOf(stream)).toEqual([1, 2, 3]);
  });

  function lastly(transaction: { append: (append: Append) => void }, stream: string): Promise<void> {
    transaction.append(counted(stream, 'any', 99));
    return Promise.resolve();
  }
});

function unsure(stream: string, version: number): UnsureStream {
  return { tenant: TENANT, streamId: `item-${stream}`, version };
}
