import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { GROUP, SlotFixture } from './slot-fixture.contract.ts';
import { SlotTable } from './slot-table.ts';

const LONG_MS = 60_000;

jest.setTimeout(40_000);

describe('the table of slots', () => {
  let fixture: SlotFixture;

  beforeAll(async () => {
    fixture = await SlotFixture.open();
    await table('spec').open();
  });
  afterEach(() => fixture.clear());
  afterAll(() => fixture.close());

  function table(owner: string, ttlMs = LONG_MS): SlotTable {
    return new SlotTable({ database: fixture.database, group: GROUP, owner, ttlMs, answerWithinMs: 20_000 });
  }
  const slotsOf = (claims: readonly { slot: number }[]) => claims.map(({ slot }) => slot);

  it('gives a slot to one of those who take at the same moment, for ever higher fences', async () => {
    const tables = Array.from({ length: 8 }, (_, index) => table(`t${index}`));
    const given: string[] = [];
    let before = await fixture.fences();

    for (let round = 0; round < 10; round += 1) {
      const taken = await Promise.all(tables.map((each) => each.take(20, [])));
      const all = taken.flat();
      given.push(...all.map(({ slot, fence }) => `${slot}:${fence}`));
      expect(new Set(slotsOf(all)).size).toBe(all.length);
      expect(all).toHaveLength(64);
      expect(all.every(({ slot, fence }) => fence === (before[slot] ?? 0) + 1)).toBe(true);
      before = await fixture.fences();
      await Promise.all(tables.map((each, index) => each.giveBack(taken[index] ?? [], 'and stay')));
    }

    expect(new Set(given).size).toBe(640);
  });

  it('takes no more than asked for, and only what nobody has', async () => {
    expect(await table('a').take(5, [])).toHaveLength(5);
    expect(slotsOf(await table('b').take(64, []))).toHaveLength(59);
    expect(await table('c').take(64, [])).toEqual([]);
  });

  it('takes what its own earlier life left, and not what it has', async () => {
    const earlier = await table('a').take(6, []);

    const again = await table('a').take(6, [0, 1, 2]);

    expect(slotsOf(again).sort((left, right) => left - right)).toEqual([3, 4, 5, 6, 7, 8]);
    expect(again.find(({ slot }) => slot === 3)?.fence).toBe((earlier.find(({ slot }) => slot === 3)?.fence ?? 0) + 1);
  });

  it('renews what is held, and neither what has ended nor what has another fence or owner', async () => {
    const claims = await table('a').take(4, []);
    const [first, second, third, fourth] = [...claims].sort((left, right) => left.slot - right.slot);
    if (!first || !second || !third || !fourth) throw new Error('Four slots were asked for.');
    await fixture.database.query('update slot_leases set until = clock_timestamp() where slot = $1', [second.slot]);
    await fixture.database.query("update slot_leases set owner = 'b' where slot = $1", [third.slot]);

    const sight = await table('a').look([first, second, third, { ...fourth, fence: fourth.fence - 1 }]);

    expect(sight.renewed).toEqual([first.slot]);
    expect(sight.leases).toHaveLength(64);
    expect(sight.leases.filter(({ owner }) => owner !== null)).toHaveLength(3);
  });

  it('frees nothing for a fence that is over', async () => {
    const old = await table('a').take(3, []);
    const current = await table('a').take(3, [3, 4, 5]);
    expect(slotsOf(current).sort()).toEqual(slotsOf(old).sort());

    await table('a').giveBack(old, 'and stay');

    expect(await fixture.owners()).toEqual(
      new Map<string | null, number>([
        ['a', 3],
        [null, 61],
      ]),
    );
  });

  it('tells who lives, and when the first lease of another ends', async () => {
    await table('a').look([]);
    await table('b', 500).look([]);
    await table('dead', 0).look([]);

    const sight = await table('a').look([]);

    expect(sight.members).toEqual(['b']);
    expect(sight.nextEndMs).toBeGreaterThan(0);
    expect(sight.nextEndMs).toBeLessThanOrEqual(500);
    await table('b').giveBack([], 'and leave');
    expect(await table('a').look([])).toMatchObject({ members: [], nextEndMs: null });
  });

  it('removes members that are dead for long', async () => {
    await table('dead').look([]);
    await table('ill').look([]);
    await fixture.database.query("update slot_members set until = until - interval '2 hours' where instance = 'dead'");

    await table('a').open();

    expect(await fixture.database.query('select instance from slot_members')).toEqual([{ instance: 'ill' }]);
  });
});
