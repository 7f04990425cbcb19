import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { StoreUnavailable, type Queryable } from '#libs/event-store';
import { eventually, startFaultProxy, type FaultProxy } from '#libs/testing';
import { GROUP, open, pause, pausingAfter, SlotFixture } from './slot-fixture.contract.ts';
import { SlotTable } from './slot-table.ts';
import { SlotsLost, SlotsNotConfirmed, SlotsStillBusy } from './slot.errors.ts';

/** So long that nothing happens by time within a test: what happens, happens because of a notice. */
const LONG_MS = 120_000;
const SHORT_MS = 1_200;
const ALL = Array.from({ length: 64 }, (_, slot) => slot);

jest.setTimeout(40_000);

describe('slots of a group', () => {
  let fixture: SlotFixture;
  let proxy: FaultProxy;

  beforeAll(async () => {
    fixture = await SlotFixture.open();
    const { hostname, port } = new URL(fixture.url);
    proxy = await startFaultProxy({ targetHost: hostname, targetPort: Number(port) });
  });
  afterEach(async () => {
    await proxy.heal();
    await fixture.clear();
    expect(fixture.faults).toEqual([]);
  });
  afterAll(async () => {
    await fixture.close();
    await proxy.close();
  });

  /** A database that is reached over the proxy. */
  const remote = () => {
    const url = new URL(fixture.url);
    url.port = String(proxy.port);
    return fixture.connect('far', { url: url.href });
  };
  const shares = async (...expected: number[]) => {
    await eventually(async () => {
      const owners = await fixture.owners();
      expect([...owners.keys()]).not.toContain(null);
      expect([...owners.values()].sort()).toEqual(expected);
    });
  };

  it('all go to the only instance', async () => {
    const a = await fixture.start('a', { ttlMs: LONG_MS });

    await eventually(() => a.leases.held.length === 64);

    expect(a.leases.held).toEqual(ALL);
    expect(a.leases.status).toEqual({ held: ALL, members: ['a'], trouble: null });
    expect(a.leases.isHeld(63)).toBe(true);
  });

  it('are shared out anew at once when instances join and leave, and no slot is held twice', async () => {
    const a = await fixture.start('a', { ttlMs: LONG_MS });
    await shares(64);
    const b = await fixture.start('b', { ttlMs: LONG_MS });
    await shares(32, 32);
    await fixture.start('c', { ttlMs: LONG_MS });
    await shares(21, 21, 22);
    expect(
      fixture.history.flatMap(({ instance, what, slots }) => (what === 'gain' && instance !== 'a' ? slots : [])),
    ).toHaveLength(32 + 21);

    await a.leases.stop();
    await shares(32, 32);
    await b.leases.stop();
    await shares(64);

    expect(a.leases.held).toEqual([]);
    expect(a.leases.status.members).toEqual([]);
    expect([...a.failures, ...b.failures]).toEqual([]);
  });

  it('are given to no two of the instances that start at the same moment', async () => {
    const instances = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => fixture.start(owner, { ttlMs: LONG_MS })));

    await shares(16, 16, 16, 16);
    await eventually(() => {
      expect(instances.flatMap(({ leases }) => leases.held).sort((left, right) => left - right)).toEqual(ALL);
    });
  });

  it('are gained elsewhere only after the work on them has ended', async () => {
    const a = await fixture.start('a', { ttlMs: LONG_MS });
    await shares(64);
    const work = open();
    a.busyUntil(work.promise);

    const b = await fixture.start('b', { ttlMs: LONG_MS });
    await eventually(() => a.story().includes('release'));
    expect(a.leases.held).toHaveLength(32);
    await eventually(() => b.leases.status.members.length === 2);
    expect(b.leases.held).toEqual([]);
    work.end();

    await eventually(() => b.leases.held.length === 32);
    expect(fixture.history.map(({ instance, what }) => `${instance} ${what}`)).toEqual([
      'a gain',
      'a release',
      'a released',
      'b gain',
    ]);
    expect(fixture.history[1]?.slots).toEqual(fixture.history[3]?.slots);
  });

  it('are given away although work on them does not end', async () => {
    const a = await fixture.start('a', { ttlMs: SHORT_MS });
    await shares(64);
    const work = open();
    a.busyUntil(work.promise);

    await fixture.start('b', { ttlMs: SHORT_MS });

    await shares(32, 32);
    expect(a.failures).toContainEqual(expect.any(SlotsStillBusy));
    work.end();
  });

  it('pass to the others when an instance is gone without a word', async () => {
    const database = fixture.connect('a');
    const a = await fixture.start('a', { ttlMs: SHORT_MS, database });
    const b = await fixture.start('b', { ttlMs: SHORT_MS });
    await shares(32, 32);
    const fencesBefore = await fixture.fences();
    const orphaned = a.leases.held;

    await fixture.kill('a', database);

    await eventually(() => b.leases.held.length === 64, { withinMs: 4 * SHORT_MS });
    const fences = await fixture.fences();
    expect(ALL.filter((slot) => fences[slot] !== fencesBefore[slot])).toEqual(orphaned);
    expect(b.leases.status.members).toEqual(['b']);
  });

  it('are taken as soon as the lease of a dead instance ends, and not at the next look', async () => {
    const dead = new SlotTable({
      database: fixture.database,
      group: GROUP,
      owner: 'dead',
      ttlMs: 500,
      answerWithinMs: LONG_MS,
    });
    await dead.open();
    await dead.look([]);
    expect(await dead.take(64, [])).toHaveLength(64);

    const a = await fixture.start('a', { ttlMs: LONG_MS });

    await eventually(() => a.leases.held.length === 64);
  });

  it('are taken again with new fences by an instance that comes back with the same name', async () => {
    const database = fixture.connect('a');
    const a = await fixture.start('a', { ttlMs: LONG_MS, database });
    await eventually(() => a.leases.held.length === 64);
    const before = await fixture.fences();
    await fixture.kill('a', database);

    const again = await fixture.start('a', { ttlMs: LONG_MS });

    await eventually(() => again.leases.held.length === 64);
    expect(await fixture.fences()).toEqual(before.map((fence) => fence + 1));
  });

  it.each(['is cut off', 'does not answer'])(
    'are dropped when the database %s, before another takes them, and come back with it',
    async (how) => {
      const far = await fixture.start('far', { ttlMs: SHORT_MS, database: remote() });
      await eventually(() => far.leases.held.length === 64);
      const near = await fixture.start('near', { ttlMs: SHORT_MS });
      await eventually(() => far.leases.held.length === 32 && near.leases.held.length === 32);

      if (how === 'is cut off') {
        await proxy.refuse(true);
        proxy.cut();
      } else proxy.blackhole(true);

      await eventually(() => near.leases.held.length === 64, { withinMs: 4 * SHORT_MS });
      expect(far.story().slice(-1)).toEqual(['drop']);
      expect(far.leases.status).toMatchObject({ held: [], trouble: expect.any(String) });
      expect(far.failures).toContainEqual(expect.any(SlotsNotConfirmed));

      await proxy.heal();
      await eventually(() => far.leases.held.length === 32 && near.leases.held.length === 32, { withinMs: 15_000 });
      await eventually(() => far.leases.status.trouble === null);
    },
  );

  it('are taken anew, with new fences, when the database was away and nobody else is there', async () => {
    const far = await fixture.start('far', { ttlMs: SHORT_MS, database: remote() });
    await eventually(() => far.leases.held.length === 64);
    const before = await fixture.fences();

    await proxy.refuse(true);
    proxy.cut();
    await eventually(() => far.story().includes('drop'));
    await proxy.heal();

    await eventually(() => far.leases.held.length === 64, { withinMs: 15_000 });
    expect(far.story()).toEqual(['gain', 'drop', 'gain']);
    expect((await fixture.fences()).every((fence, slot) => fence > (before[slot] ?? 0))).toBe(true);
  });

  it('are held no longer, after a pause, before anything else has happened', async () => {
    const a = await fixture.start('a', { ttlMs: SHORT_MS });
    await eventually(() => a.leases.held.length === 64);

    pause(SHORT_MS);

    expect(a.leases.isHeld(0)).toBe(false);
    expect(a.leases.held).toEqual([]);
    expect(a.story()).toEqual(['gain']);
    await eventually(() => a.leases.held.length === 64);
    expect(a.story()).toEqual(['gain', 'drop', 'gain']);
  });

  it('are dropped in time although an answer is still waited for', async () => {
    const refused = new StoreUnavailable(new Error('refused'));
    const faults: (() => Promise<never>)[] = [];
    const database: Queryable = {
      query: (statement, values) => {
        const isLook = typeof statement !== 'string' && statement.name === 'slots_look';
        return (isLook ? faults.shift()?.() : undefined) ?? fixture.database.query(statement, values);
      },
    };
    const a = await fixture.start('a', { ttlMs: SHORT_MS, database });
    await eventually(() => a.leases.held.length === 64);

    faults.push(
      () => Promise.reject(refused),
      () => new Promise(() => undefined),
    );

    // The first of them fails after a third of the lease, the second one after five sixths.
    await eventually(() => a.story().length === 3);
    expect(a.story()).toEqual(['gain', 'drop', 'gain']);
    expect(a.failures).toEqual([refused, expect.any(SlotsNotConfirmed), expect.any(StoreUnavailable)]);
  });

  it.each(['slots_look', 'slots_take'])(
    'are not gained by an answer to %s that a pause made too old',
    async (statement) => {
      const database = pausingAfter(statement, SHORT_MS, 2, fixture.database);

      const a = await fixture.start('a', { ttlMs: SHORT_MS, database });

      await eventually(() => a.leases.held.length === 64, { withinMs: 10_000 });
      expect(a.story()).toEqual(['gain']);
    },
  );

  it('stay where they are through a short fault', async () => {
    const far = await fixture.start('far', { ttlMs: 4 * SHORT_MS, database: remote() });
    await eventually(() => far.leases.held.length === 64);

    proxy.cut();
    await eventually(() => far.leases.status.trouble === null && proxy.connectionCount > 0);

    expect(far.story()).toEqual(['gain']);
  });

  it('are not renewed by hand of a past that is over', async () => {
    const a = await fixture.start('a', { ttlMs: LONG_MS });
    await eventually(() => a.leases.held.length === 64);
    const before = await fixture.fences();

    await fixture.database.query('update slot_leases set until = clock_timestamp() where slot < 3');
    fixture.history.length = 0;
    a.bus.publish('slots.health', 'somebody');

    await eventually(() => a.story().length === 2);
    expect(fixture.history).toMatchObject([
      { what: 'drop', slots: [0, 1, 2] },
      { what: 'gain', slots: [0, 1, 2], fences: before.slice(0, 3).map((fence) => fence + 1) },
    ]);
    expect(a.failures).toEqual([expect.any(SlotsLost)]);
    expect(a.leases.held).toEqual(ALL);
  });

  it('come back with higher fences when their rows were deleted', async () => {
    const a = await fixture.start('a', { ttlMs: LONG_MS });
    await eventually(() => a.leases.held.length === 64);

    await fixture.database.query('delete from slot_leases');
    fixture.history.length = 0;
    a.bus.publish('slots.health', 'somebody');

    await eventually(() => a.story().includes('gain'));
    expect(a.leases.held).toEqual(ALL);
  });

  it('are given back by an instance that stops, also when its database is away', async () => {
    const far = await fixture.start('far', { ttlMs: SHORT_MS, database: remote() });
    await eventually(() => far.leases.held.length === 64);

    proxy.blackhole(true);
    await eventually(() => far.leases.stop(), { withinMs: 4 * SHORT_MS });

    expect(far.leases.held).toEqual([]);
    expect(far.story()).toEqual(['gain', 'release', 'released']);
  });

  it('are all given back by one that stops while it takes them', async () => {
    let stopped: Promise<void> | undefined;
    const database: Queryable = {
      query: async (statement, values) => {
        const rows = await fixture.database.query<never>(statement, values);
        if (typeof statement !== 'string' && statement.name === 'slots_take') stopped = a.leases.stop();
        return rows;
      },
    };

    const a = await fixture.start('a', { ttlMs: LONG_MS, database });

    await eventually(() => stopped !== undefined);
    await stopped;
    expect(a.story()).toEqual([]);
    expect(await fixture.owners()).toEqual(new Map([[null, 64]]));
    expect(await fixture.database.query('select * from slot_members')).toEqual([]);
  });

  it('go on although a holder throws, and the others are told', async () => {
    const told: string[] = [];
    const broken = { gain: refuse, release: () => Promise.reject(new Error('busy')), drop: refuse };
    const sound = {
      gain: () => told.push('gain'),
      release: () => {
        told.push('release');
        return Promise.resolve();
      },
      drop: () => told.push('drop'),
    };
    const a = await fixture.start('a', { ttlMs: LONG_MS, holders: [broken, sound] });
    await eventually(() => a.leases.held.length === 64);

    await fixture.start('b', { ttlMs: LONG_MS });

    await shares(32, 32);
    expect(a.failures).toEqual([new Error('no'), new Error('busy')]);
    expect(told).toEqual(['gain', 'release']);
  });
});

function refuse(): void {
  throw new Error('no');
}
