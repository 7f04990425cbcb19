import { SLOT_COUNT } from '#libs/kernel';

/** What an instance sees when it looks. */
export type SlotView = Readonly<{
  owner: string;
  /** Slots that this instance works on. */
  mine: readonly number[];
  /** Slots that it is about to give away: nobody may take them yet. */
  leaving: readonly number[];
  /** The other members that live. */
  members: readonly string[];
  /** All slots; nobody's own when the lease has ended. */
  leases: readonly Readonly<{ slot: number; owner: string | null }>[];
}>;

/** What to do about it: slots to give away, or how many of the free ones to take. Never both. */
export type SlotPlan = Readonly<{ shed: readonly number[]; take: number }>;

/**
 * How many slots each member should hold: all of them together 64, no two members more than one apart.
 *
 * Where 64 cannot be divided evenly, those who hold more already keep the odd ones, then those whose names come first;
 * so whoever sees the same answers the same, and no slot moves only for a name. What somebody holds beyond their share
 * does not count, since it is about to go.
 */
export function fairShares(holdings: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const least = Math.floor(SLOT_COUNT / holdings.size);
  const odd = SLOT_COUNT % holdings.size;
  const counted = (held: number): number => Math.min(held, least + 1);
  const ranked = [...holdings].sort(
    ([name, held], [otherName, otherHeld]) => counted(otherHeld) - counted(held) || (name < otherName ? -1 : 1),
  );
  return new Map(ranked.map(([name], rank) => [name, rank < odd ? least + 1 : least]));
}

/**
 * The way from what an instance sees to its fair share, with no slot moved that need not be.
 *
 * Slots that bear its name and are not among those it knows of are left from an earlier life: they are free for it.
 */
export function planSlots({ owner, mine, leaving, members, leases }: SlotView): SlotPlan {
  const known = new Set([...mine, ...leaving]);
  const holdings = new Map([[owner, mine.length], ...members.map((member) => [member, 0] as const)]);
  let free = 0;
  for (const lease of leases) {
    if (known.has(lease.slot)) continue;
    if (lease.owner === null || lease.owner === owner) free += 1;
    else if (holdings.has(lease.owner)) holdings.set(lease.owner, (holdings.get(lease.owner) ?? 0) + 1);
  }
  const share = fairShares(holdings).get(owner) ?? 0;
  const shed = [...mine].sort((left, right) => left - right).slice(share);
  return { shed, take: Math.min(free, Math.max(0, share - mine.length)) };
}
