import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { streamId, type Command, type Decider, type DomainEvent } from '#libs/kernel';
import { CommandHandler, type CommandTarget } from '../command-handler.ts';
import type { EventCodec } from '../event-codec.ts';
import type { EventStore } from '../event-store.ts';
import { counted, METADATA, openLog, TENANT, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { Snapshots, type SnapshotForm, type SnapshotsOptions } from './snapshots.ts';

type Counted = DomainEvent<'counted', { number: number }>;
type Count = Command<'Count', { number: number }>;
/** Order matters, so that a fold which leaves out, doubles or swaps an event gives another state. */
type Tally = Readonly<{ events: number; digest: number }>;

const tallyOf = (factor: number): Decider<Tally, Count, Counted> => ({
  initialState: { events: 0, digest: 0 },
  evolve: ({ events, digest }, { data }) => ({
    events: events + 1,
    digest: (digest * factor + data.number) % 1_000_003,
  }),
  decide: ({ data }) => [{ type: 'counted', data }],
});
const codec: EventCodec<Counted> = {
  types: [{ type: 'counted', version: 1 }],
  encode: ({ type, data }) => ({ type, typeVersion: 1, data }),
  decode: ({ data }) => ({ type: 'counted', data: data as Counted['data'] }),
};
const isTally = (value: unknown): value is Tally =>
  typeof value === 'object' && value !== null && 'events' in value && 'digest' in value;
const schema: SnapshotForm<Tally>['schema'] = {
  parse: (value) => {
    if (!isTally(value)) throw new TypeError('no tally');
    return value;
  },
};
/** Another version of the decider folds the same events into other states. */
const FACTORS: Readonly<Record<number, number>> = { 1: 31, 2: 37 };
/** A state that no fold of a spec's events gives. */
const FALSE = `state = '{"events":99,"digest":99}'`;
const deciderOf = (version: number) => tallyOf(FACTORS[version] ?? 1);

jest.setTimeout(120_000);

describe('snapshots', () => {
  let log: LogFixture;
  const opened: Snapshots[] = [];
  const failures: unknown[] = [];
  let streams = 0;
  beforeAll(async () => {
    log = await openLog();
  });
  afterEach(async () => {
    await Promise.all(opened.map((one) => one.idle()));
    expect(failures).toEqual([]);
  });
  afterAll(() => log.close());

  const newStream = (): CommandTarget & { name: string } => {
    streams += 1;
    const name = `s-${streams}`;
    return { name, tenant: TENANT, streamId: streamId('item', name) };
  };
  /** A process of its own. Without other options each load writes a snapshot. */
  function processWith(version = 1, options: Partial<SnapshotsOptions> = {}) {
    const snapshots = new Snapshots({
      database: log.database,
      budgetMs: -1,
      leastEvents: 0,
      onFailure: (error) => failures.push(error),
      ...options,
    });
    opened.push(snapshots);
    let wholeReads = 0;
    const store: EventStore = {
      append: (append) => log.store.append(append),
      readStream: (...all) => {
        wholeReads += 1;
        return log.store.readStream(...all);
      },
      readAll: (all) => log.store.readAll(all),
      readByPositions: (positions) => log.store.readByPositions(positions),
      head: () => log.store.head(),
      transaction: (work) => log.store.transaction(work),
      onCommit: (listener) => log.store.onCommit(listener),
    };
    const form = { name: 'tally', version, schema };
    const handler = new CommandHandler(store, deciderOf(version), codec, { snapshots, form });
    return { snapshots, handler, wholeReads: () => wholeReads };
  }
  const replayed = (target: CommandTarget, version = 1) =>
    new CommandHandler(log.store, deciderOf(version), codec).load(target);
  const stored = ({ streamId: stream }: CommandTarget) =>
    log.database.query<{ decider_version: number; stream_version: number; state: Tally }>(
      'select decider_version, stream_version, state from snapshots where stream_id = $1',
      [stream],
    );
  /** What a restore of an older backup does: everything after some event of the newest stream never happened. */
  const restoreTo = ({ streamId: stream }: CommandTarget, version: number) =>
    log.database.transaction(async (connection) => {
      await connection.query('set local session_replication_role = replica');
      await connection.query('delete from events where stream_id = $1 and stream_version > $2', [stream, version]);
      await connection.query('delete from streams where stream_id = $1', [stream]);
      await connection.query(
        `insert into streams (tenant, stream_id, category, slot, version, last_position)
         select tenant, stream_id, category, slot, stream_version, position from events
         where stream_id = $1 order by position desc limit 1`,
        [stream],
      );
      await connection.query(
        `update lanes l set position = e.position, hash = e.hash
         from (select position, hash from events order by position desc limit 1) e`,
      );
    });

  it('are written after a slow load, and are where the next process begins', async () => {
    const stream = newStream();
    await log.store.append(counted(stream.name, 'any', 1, 2, 3));
    const first = processWith();
    const loaded = await first.handler.load(stream);
    await first.snapshots.idle();
    await log.database.query(`update snapshots set state = '{"events":3,"digest":7}' where stream_id = $1`, [
      stream.streamId,
    ]);
    await log.store.append(counted(stream.name, 3, 4));

    const next = await processWith().handler.load(stream);

    expect(loaded).toEqual({ state: { events: 3, digest: (1 * 31 + 2) * 31 + 3 }, version: 3 });
    expect(next).toEqual({ state: { events: 4, digest: 7 * 31 + 4 }, version: 4 });
  });

  it('are written only when a load took longer than its budget, and not for few events', async () => {
    let now = 0;
    const slow = (tookMs: number, leastEvents: number) =>
      processWith(1, {
        budgetMs: 10,
        leastEvents,
        elapsedMs: () => {
          now += tookMs;
          return now;
        },
      });
    const [quick, tooFew, worthIt] = [slow(10, 3), slow(11, 4), slow(11, 3)];
    const stream = newStream();
    await log.store.append(counted(stream.name, 'any', 1, 2, 3));

    await quick.handler.load(stream);
    await quick.snapshots.idle();
    await tooFew.handler.load(stream);
    await tooFew.snapshots.idle();
    expect(await stored(stream)).toEqual([]);

    await worthIt.handler.load(stream);
    await worthIt.snapshots.idle();
    expect(await stored(stream)).toMatchObject([{ decider_version: 1, stream_version: 3 }]);
  });

  it('never hide what another process appended since', async () => {
    const stream = newStream();
    const [here, there] = [processWith(), processWith()];
    for (const number of [1, 2, 3, 4, 5]) {
      const process = number % 2 ? here : there;
      await process.handler.handle(
        stream,
        { type: 'Count', data: { number }, meta: { at: new Date(0), by: 'spec' } },
        METADATA,
      );
    }

    expect(await here.handler.load(stream)).toEqual(await replayed(stream));
    expect(await there.handler.load(stream)).toEqual(await replayed(stream));
    expect(here.wholeReads() + there.wholeReads()).toBe(0);
  });

  it.each([
    { what: 'of another version of the decider', spoil: 'decider_version = 99', budgetMs: -1 },
    { what: 'whose state is none', spoil: `state = '"a tally"'`, budgetMs: Infinity },
    { what: 'of another history', spoil: `hash = decode(repeat('ab', 32), 'hex'), ${FALSE}`, budgetMs: Infinity },
    { what: 'that is newer than its stream', spoil: `stream_version = 12, ${FALSE}`, budgetMs: Infinity },
  ])('$what is ignored and replaced', async ({ spoil, budgetMs }) => {
    const stream = newStream();
    await log.store.append(counted(stream.name, 'any', 1, 2, 3));
    const writer = processWith();
    await writer.handler.load(stream);
    await writer.snapshots.idle();
    await log.database.query(`update snapshots set ${spoil} where stream_id = $1`, [stream.streamId]);
    // Who has read the stream twice for a snapshot that is none replaces it, however fast that was.
    const reader = processWith(1, { budgetMs });

    expect(await reader.handler.load(stream)).toEqual(await replayed(stream));

    await reader.snapshots.idle();
    expect(await stored(stream)).toMatchObject([{ decider_version: 1, stream_version: 3, state: { events: 3 } }]);
  });

  it('in memory are not believed after a restore, also when the stream has grown beyond them again', async () => {
    const stream = newStream();
    const process = processWith(1, { budgetMs: Infinity });
    await log.store.append(counted(stream.name, 'any', 1, 2, 3));
    await process.handler.load(stream);

    await restoreTo(stream, 1);
    expect(await process.handler.load(stream)).toEqual(await replayed(stream));
    await log.store.append(counted(stream.name, 1, 7, 8, 9));
    await restoreTo(stream, 0);
    await log.store.append(counted(stream.name, 0, 4, 5, 6));

    expect(await process.handler.load(stream)).toEqual(await replayed(stream));
    expect(process.wholeReads()).toBe(2);
  });

  it('are written beside the answer, and waited for at the end', async () => {
    const stream = newStream();
    await log.store.append(counted(stream.name, 'any', 1, 2, 3));
    const process = processWith();
    await process.handler.load(stream);

    await process.snapshots.close();

    expect(await stored(stream)).toHaveLength(1);
    await log.store.append(counted(stream.name, 3, 4));
    await process.handler.load(stream);
    await process.snapshots.idle();
    expect(await stored(stream)).toMatchObject([{ stream_version: 3 }]);
  });

  it.each([
    { what: 'the database refuses', schema, says: 'disk full' },
    { what: 'come back as another state', schema: { parse: () => ({ events: 0, digest: 0 }) }, says: 'another one' },
  ])('that $what are reported, and fail no load', async ({ schema: form, says }) => {
    const stream = newStream();
    await log.store.append(counted(stream.name, 'any', 1));
    const told: string[] = [];
    const { snapshots } = processWith(1, {
      database: {
        query: (text, values) =>
          JSON.stringify(text).includes('insert')
            ? Promise.reject(new Error('disk full'))
            : log.database.query(text, values),
      },
      onFailure: (error, name) => told.push(name, String(error)),
    });
    const handler = new CommandHandler(log.store, deciderOf(1), codec, {
      snapshots,
      form: { name: 'tally', version: 1, schema: form },
    });

    expect(await handler.load(stream)).toEqual(await replayed(stream));

    await snapshots.idle();
    expect(told).toEqual([`demo/item-${stream.name}/tally`, expect.stringContaining(says)]);
    expect(await stored(stream)).toEqual([]);
  });

  /** What may happen to a stream, and who loads it then. */
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('append' as const),
        numbers: fc.array(fc.nat(99), { minLength: 1, maxLength: 6 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('load' as const),
        process: fc.nat(2),
        version: fc.constantFrom(1, 1, 1, 2),
      }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('restore' as const), version: fc.nat(8) }) },
  );

  it('make no difference to any state, whatever happened in between', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 6, maxLength: 20, size: 'max' }), async (steps) => {
        const stream = newStream();
        // Each process may write at each load, at no load, or remember nothing; each with both versions of the decider.
        const habits: Partial<SnapshotsOptions>[] = [{}, { budgetMs: Infinity }, { recentStates: 0 }];
        const processes = habits.map((habit) => ({ 1: processWith(1, habit), 2: processWith(2, habit) }));
        let length = 0;
        for (const one of steps) {
          if (one.kind === 'append') {
            await log.store.append(counted(stream.name, 'any', ...one.numbers));
            length += one.numbers.length;
          } else if (one.kind === 'restore') {
            length = Math.min(length, one.version);
            await restoreTo(stream, length);
          } else {
            const process = processes[one.process]?.[one.version === 1 ? 1 : 2];
            expect(await process?.handler.load(stream)).toEqual(await replayed(stream, one.version));
            await process?.snapshots.idle();
          }
        }
      }),
      { numRuns: 100, seed: 20_261_123 },
    );
  });
});
