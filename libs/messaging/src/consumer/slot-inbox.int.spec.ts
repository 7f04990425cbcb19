import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database, migrate, position, readModelDataSource, START, type Queryable } from '#libs/event-store';
import { createTestDatabase, eventually } from '#libs/testing';
import { OutOfPlace } from '../errors.ts';
import { BUS_MIGRATIONS } from '../migrations/bus-migrations.ts';
import { park } from './parked-messages.ts';
import { enterEpoch, holdSlot, moveInbox, openSlots, settleIdle, type HeldSlot } from './slot-inbox.ts';
import type { ForwardMove, InboxMove } from './slot-queue.ts';

jest.setTimeout(30_000);

const NAME = { consumer: 'health_evt_agent', source: 'agent' };
const OTHER = { consumer: 'health_other', source: 'agent' };
const SLOT = 5;
const HELD: HeldSlot = { slot: SLOT, fence: 2, epoch: 1 };

const forward = (from: number, to: number, absorbs = false): ForwardMove => ({
  kind: 'forward',
  from: position(from),
  to: position(to),
  absorbs,
});
const ahead = (from: number, at: number): InboxMove => ({
  kind: 'ahead',
  from: position(from),
  position: position(at),
});

describe('the inbox of slots', () => {
  let database: Database;
  let drop: () => Promise<void>;
  beforeAll(async () => {
    const created = await createTestDatabase();
    drop = created.drop;
    const setUp = {
      url: created.url,
      schema: 'health',
      applicationName: 'spec',
      migrations: BUS_MIGRATIONS,
      entities: [],
    };
    const dataSource = await readModelDataSource(setUp).initialize();
    await migrate(dataSource, setUp);
    await dataSource.destroy();
    database = new Database(setUp);
  });
  beforeEach(async () => {
    await database.query('truncate inbox, inbox_ahead, parked_messages');
    for (const name of [NAME, OTHER]) await openSlots(database, name, [{ slot: SLOT, fence: 2 }]);
  });
  afterAll(async () => {
    await database.close();
    await drop();
  });

  const open = (fence: number) => openSlots(database, NAME, [{ slot: SLOT, fence }]);
  const move = (how: InboxMove, held = HELD): Promise<void> =>
    database.transaction((transaction) => moveInbox(transaction, NAME, held, how));
  const rows = (sql: string): Promise<Record<string, unknown>[]> => database.query(sql);
  const inbox = (): Promise<Record<string, unknown>[]> =>
    rows(`select position, epoch, fence from inbox where consumer = '${NAME.consumer}' order by slot`);
  const aheads = async (): Promise<unknown[]> =>
    (await rows(`select position from inbox_ahead order by position`)).map(({ position: at }) => at);
  /** Statements that wait for a lock. */
  const waiting = async (): Promise<number> =>
    (await rows(`select pid from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`))
      .length;

  /** Begins a transaction that ends when told. */
  async function begin(work: (transaction: Queryable) => Promise<void>) {
    const worked = Promise.withResolvers<undefined>();
    const end = Promise.withResolvers<undefined>();
    const done = database.transaction(async (transaction) => {
      await work(transaction);
      worked.resolve(undefined);
      await end.promise;
    });
    await worked.promise;
    return {
      commit: async () => {
        end.resolve(undefined);
        await done;
      },
    };
  }

  describe('is opened', () => {
    it('at its beginning by the first holder, and where it was left by a later one', async () => {
      const first = await openSlots(database, NAME, [
        { slot: 7, fence: 1 },
        { slot: 8, fence: 3 },
      ]);
      expect(first.toSorted((one, other) => one.slot - other.slot)).toEqual([
        { slot: 7, fence: 1, epoch: 0, applied: START, ahead: [], parked: [] },
        { slot: 8, fence: 3, epoch: 0, applied: START, ahead: [], parked: [] },
      ]);
      await move(forward(0, 12));
      await move(ahead(12, 20));
      await database.query(
        `insert into inbox_ahead (consumer, source, slot, position) values ('${OTHER.consumer}', 'agent', ${SLOT}, 99)`,
      );
      for (const [streamKey, name, at] of [
        ['demo/a', NAME, 3],
        ['demo/a', NAME, 4],
        ['demo/b', OTHER, 5],
      ] as const)
        await putAside(streamKey, name, at);

      expect(await open(9)).toEqual([{ slot: SLOT, fence: 9, epoch: 1, applied: 12, ahead: [20], parked: ['demo/a'] }]);
    });

    it('by nobody with an older fence, and again by the same holder', async () => {
      expect(await open(1)).toEqual([]);
      expect(await open(2)).toHaveLength(1);
      expect(await inbox()).toEqual([{ position: 0, epoch: 0, fence: 2 }]);
    });

    it('after a transaction of the former holder that is about to commit', async () => {
      const former = await begin((transaction) => moveInbox(transaction, NAME, HELD, forward(0, 10)));
      const opening = open(3);
      await eventually(async () => (await waiting()) === 1);
      await former.commit();

      expect(await opening).toMatchObject([{ applied: 10, epoch: 1 }]);
    });

    it('after an event was noted as applied ahead, which it knows then', async () => {
      const former = await begin((transaction) => moveInbox(transaction, NAME, HELD, ahead(0, 10)));
      const opening = open(3);
      await eventually(async () => (await waiting()) === 1);
      await former.commit();

      expect(await opening).toMatchObject([{ applied: 0, ahead: [10] }]);
    });
  });

  describe('moves', () => {
    it.each([
      ['an older fence', { ...HELD, fence: 1 }, forward(0, 10)],
      ['a newer fence', { ...HELD, fence: 3 }, forward(0, 10)],
      ['another position', HELD, forward(4, 10)],
      ['a slot that was never opened', { ...HELD, slot: 6 }, forward(0, 10)],
      ['an older fence, ahead', { ...HELD, fence: 1 }, ahead(0, 10)],
      ['another position, ahead', HELD, ahead(4, 10)],
    ])('not with %s, and takes the effect with it', async (_, held, how) => {
      const effect = database.transaction(async (transaction) => {
        await putAside('demo/effect', NAME, 1, transaction);
        await moveInbox(transaction, NAME, held, how);
      });

      await expect(effect).rejects.toThrow(OutOfPlace);
      expect(await inbox()).toEqual([{ position: 0, epoch: 0, fence: 2 }]);
      expect(await aheads()).toEqual([]);
      expect(await rows('select 1 from parked_messages')).toEqual([]);
    });

    it('ahead of a slow event, not twice, and takes up what lay ahead', async () => {
      await move(ahead(0, 10));
      await move(ahead(0, 20));
      await expect(move(ahead(0, 10))).rejects.toThrow(OutOfPlace);
      expect(await inbox()).toEqual([{ position: 0, epoch: 0, fence: 2 }]);
      expect(await aheads()).toEqual([10, 20]);

      await move(forward(0, 15, true));

      expect(await inbox()).toEqual([{ position: 15, epoch: 1, fence: 2 }]);
      expect(await aheads()).toEqual([20]);
    });

    it('for one consumer alone', async () => {
      await move(forward(0, 10));
      expect(await rows(`select position from inbox where consumer = '${OTHER.consumer}'`)).toEqual([{ position: 0 }]);
    });

    it('once, when two transactions move it from the same place', async () => {
      const first = await begin((transaction) => moveInbox(transaction, NAME, HELD, forward(0, 10)));
      const second = move(forward(0, 11));
      const refused = expect(second).rejects.toThrow(OutOfPlace);
      await eventually(async () => (await waiting()) === 1);
      await first.commit();

      await refused;
      expect(await inbox()).toMatchObject([{ position: 10 }]);
    });
  });

  it('is held for a transaction by its holder alone', async () => {
    const holding = await begin((transaction) => holdSlot(transaction, NAME, HELD));
    const opening = open(3);
    await eventually(async () => (await waiting()) === 1);
    await holding.commit();
    await opening;

    const late = database.transaction((transaction) => holdSlot(transaction, NAME, HELD));
    await expect(late).rejects.toThrow(OutOfPlace);
  });

  describe('enters another life of the log', () => {
    const enter = (shared: number, held: HeldSlot = { ...HELD, epoch: 2 }) =>
      database.transaction((transaction) => enterEpoch(transaction, NAME, held, position(shared)));

    it.each([
      { shared: 12, from: 12, kept: [] },
      { shared: 25, from: 20, kept: [22] },
      { shared: 40, from: 20, kept: [22, 30] },
    ])('at $from when both share what is up to $shared', async ({ shared, from, kept }) => {
      await move(forward(0, 20));
      await move(ahead(20, 22));
      await move(ahead(20, 30));

      expect(await enter(shared)).toBe(from);

      expect(await inbox()).toEqual([{ position: from, epoch: 2, fence: 2 }]);
      expect(await aheads()).toEqual(kept);
    });

    it('and discards what was put aside and is void', async () => {
      await move(forward(0, 20));
      for (const at of [11, 12, 13]) await putAside('demo/a', NAME, at);
      await putAside('demo/a', OTHER, 13);

      await enter(12);

      expect(
        await rows(
          'select consumer, position, state, settled_by, settled_reason from parked_messages order by consumer, position',
        ),
      ).toEqual([
        ...[11, 12].map((at) => ({
          consumer: NAME.consumer,
          position: at,
          state: 'retrying',
          settled_by: null,
          settled_reason: null,
        })),
        {
          consumer: NAME.consumer,
          position: 13,
          state: 'discarded',
          settled_by: NAME.consumer,
          settled_reason: expect.stringContaining('void'),
        },
        { consumer: OTHER.consumer, position: 13, state: 'retrying', settled_by: null, settled_reason: null },
      ]);
    });

    it('not without its fence', async () => {
      await expect(enter(0, { ...HELD, fence: 1, epoch: 2 })).rejects.toThrow(OutOfPlace);
    });
  });

  describe('settles over positions without an event', () => {
    const settle = (...idle: readonly Readonly<{ held: HeldSlot; move: ForwardMove }>[]) =>
      settleIdle(database, NAME, idle);

    it('where its holder thinks that it is, and says which', async () => {
      await openSlots(database, NAME, [
        { slot: 6, fence: 2 },
        { slot: 7, fence: 2 },
        { slot: 8, fence: 2 },
      ]);
      await move(ahead(0, 10));
      await move(ahead(0, 200));

      const moved = await settle(
        { held: HELD, move: forward(0, 100, true) },
        { held: { ...HELD, slot: 6, fence: 1 }, move: forward(0, 100) },
        { held: { ...HELD, slot: 7 }, move: forward(3, 100) },
        { held: { ...HELD, slot: 8 }, move: forward(0, 90) },
      );

      expect([...moved].toSorted((one, other) => one - other)).toEqual([SLOT, 8]);
      expect((await inbox()).map(({ position: at }) => at)).toEqual([100, 0, 0, 90]);
      expect(await aheads()).toEqual([200]);
    });

    it('not when it has entered another life meanwhile', async () => {
      await move(forward(0, 20));
      await database.transaction((transaction) => enterEpoch(transaction, NAME, { ...HELD, epoch: 2 }, position(40)));

      expect(await settle({ held: HELD, move: forward(20, 100) })).toEqual(new Set());
      expect(await inbox()).toEqual([{ position: 20, epoch: 2, fence: 2 }]);
    });
  });

  async function putAside(
    streamKey: string,
    name: typeof NAME,
    at: number,
    where: Queryable = database,
  ): Promise<void> {
    const raw = { subject: 'evt.agent.demo.5.counter.counted.a', headers: {}, body: '{}' };
    const message = { raw, slot: SLOT, epoch: 1, position: at, streamKey };
    await park(where, name, message, {
      state: 'retrying',
      inMs: 60_000,
      attempts: 1,
      error: new TypeError('a defect'),
    });
  }
});
