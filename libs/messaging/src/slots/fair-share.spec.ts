import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SLOT_COUNT } from '#libs/kernel';
import { fairShares, planSlots, type SlotPlan } from './fair-share.ts';

const RUN = { seed: 20_261_123, numRuns: 300 };
const SIZES = [1, 2, 3, 4, 5, 7, 10, 31, 32, 63, 64, 65];
const ALL_SLOTS = Array.from({ length: SLOT_COUNT }, (_, slot) => slot);

type Instance = { readonly mine: Set<number>; readonly leaving: Set<number> };

/** The tables and the instances of a group, in one thread, with every step apart from the one before. */
class Group {
  readonly owners = new Map<number, string | null>(ALL_SLOTS.map((slot) => [slot, null]));
  readonly instances = new Map<string, Instance>();
  /** Each change of hands. */
  moves = 0;

  join(name: string): void {
    if (!this.instances.has(name)) this.instances.set(name, { mine: new Set(), leaving: new Set() });
  }

  /** Dies without a word, and its leases end. */
  crash(name: string): void {
    if (!this.instances.delete(name)) return;
    for (const [slot, owner] of this.owners) if (owner === name) this.owners.set(slot, null);
  }

  look(name: string): SlotPlan {
    const { mine, leaving } = this.of(name);
    return planSlots({
      owner: name,
      mine: [...mine],
      leaving: [...leaving],
      members: [...this.instances.keys()].filter((other) => other !== name),
      leases: [...this.owners].map(([slot, owner]) => ({ slot, owner })),
    });
  }

  act(name: string, { shed, take }: SlotPlan): void {
    const { mine, leaving } = this.of(name);
    for (const slot of shed) if (mine.delete(slot)) leaving.add(slot);
    const free = ALL_SLOTS.filter((slot) => this.owners.get(slot) === null).slice(0, take);
    for (const slot of free) {
      this.owners.set(slot, name);
      mine.add(slot);
      this.moves += 1;
    }
  }

  giveBack(name: string): void {
    const { leaving } = this.of(name);
    for (const slot of leaving) this.owners.set(slot, null);
    leaving.clear();
  }

  /** Every instance looks, acts and gives back, one after the other. */
  round(): void {
    for (const name of this.instances.keys()) {
      this.giveBack(name);
      this.act(name, this.look(name));
    }
  }

  settle(): void {
    for (let rounds = 0; rounds < 5; rounds += 1) this.round();
  }

  get counts(): number[] {
    return [...this.instances.keys()].map((name) => [...this.owners.values()].filter((owner) => owner === name).length);
  }

  private of(name: string): Instance {
    const instance = this.instances.get(name);
    if (!instance) throw new Error(`${name} is no member.`);
    return instance;
  }
}

function groupOf(size: number): Group {
  const group = new Group();
  for (let index = 0; index < size; index += 1) group.join(`m${index}`);
  group.settle();
  group.moves = 0;
  return group;
}

function expectFair({ counts }: Group): void {
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(SLOT_COUNT);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
}

const anyName = fc.integer({ min: 0, max: 7 }).map((number) => `m${number}`);
const anyHoldings = fc.uniqueArray(fc.tuple(fc.string({ maxLength: 4 }), fc.nat(SLOT_COUNT)), {
  minLength: 1,
  maxLength: 80,
  selector: ([name]) => name,
});

describe('fair shares', () => {
  it('are 64 together, and no two differ by more than one', () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        const shares = [...fairShares(new Map(holdings)).values()];
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(SLOT_COUNT);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
      RUN,
    );
  });

  it('are the same for whoever computes them, in whatever order it learned of the members', () => {
    fc.assert(
      fc.property(anyHoldings, (holdings) => {
        expect(fairShares(new Map([...holdings].reverse()))).toEqual(fairShares(new Map(holdings)));
      }),
      RUN,
    );
  });

  it('are the same while those who hold too much are giving it away', () => {
    const before = new Map([
      ['a', 32],
      ['b', 32],
      ['c', 0],
    ]);
    const aHasBegun = new Map([
      ['a', 22],
      ['b', 32],
      ['c', 0],
    ]);

    expect(fairShares(before)).toEqual(
      new Map([
        ['a', 22],
        ['b', 21],
        ['c', 21],
      ]),
    );
    expect(fairShares(aHasBegun)).toEqual(fairShares(before));
  });

  it('leave the odd slots to those who hold more', () => {
    expect(
      fairShares(
        new Map([
          ['a', 0],
          ['b', 32],
          ['c', 32],
        ]),
      ).get('a'),
    ).toBe(21);
  });
});

describe('a plan', () => {
  const nobody = ALL_SLOTS.map((slot) => ({ slot, owner: null }));

  it('takes everything when nobody else is there', () => {
    expect(planSlots({ owner: 'a', mine: [], leaving: [], members: [], leases: nobody })).toEqual({
      shed: [],
      take: 64,
    });
  });

  it('takes what bears its name from an earlier life, and waits for what another dead instance still has', () => {
    const leases = ALL_SLOTS.map((slot) => ({ slot, owner: slot < 10 ? 'a' : 'dead' }));

    expect(planSlots({ owner: 'a', mine: [], leaving: [], members: [], leases })).toEqual({ shed: [], take: 10 });
  });

  it('does not take what it is about to give away', () => {
    const leases = ALL_SLOTS.map((slot) => ({ slot, owner: 'a' }));

    const plan = planSlots({ owner: 'a', mine: [], leaving: ALL_SLOTS, members: [], leases });

    expect(plan).toEqual({ shed: [], take: 0 });
  });

  it.each(SIZES)('moves to one who joins %d others its share and nothing else', (size) => {
    const group = groupOf(size);

    group.join('a new one');
    group.settle();

    expectFair(group);
    expect(group.moves).toBe(group.counts.at(-1));
    expect(group.moves).toBe(Math.floor(SLOT_COUNT / (size + 1)));
  });

  it.each(SIZES)('moves from one who leaves %d others what it had and nothing else', (size) => {
    for (const index of [0, Math.floor(size / 2), size]) {
      const group = groupOf(size + 1);
      const had = group.counts[index];

      group.crash(`m${index}`);
      group.settle();

      expectFair(group);
      expect(group.moves).toBe(had);
    }
  });

  it('leads to fair shares in a few rounds, after any joins, deaths and delays, and then rests', () => {
    const step = fc.record({ what: fc.constantFrom('join', 'crash', 'look', 'act', 'give-back'), name: anyName });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const group = new Group();
        const plans = new Map<string, SlotPlan>();
        for (const { what, name } of steps) {
          if (what === 'join') group.join(name);
          if (!group.instances.has(name)) continue;
          if (what === 'crash') {
            group.crash(name);
            plans.delete(name);
          } else if (what === 'look') plans.set(name, group.look(name));
          else if (what === 'give-back') group.giveBack(name);
          else {
            // What it saw may be old news by now.
            group.act(name, plans.get(name) ?? { shed: [], take: 0 });
            plans.delete(name);
          }
        }
        group.join('m0');

        group.settle();

        expectFair(group);
        group.moves = 0;
        group.settle();
        expect(group.moves).toBe(0);
      }),
      RUN,
    );
  });
});
