/** How the cash of a business stands to the least that its owner wants to hold. */
export type CashLevel = 'unknown' | 'enough' | 'low' | 'critical' | 'negative';

/** Below this share of the threshold cash is critical. */
const CRITICAL_SHARE = 0.5;
/** Cash must be so much above a limit, as a share of the threshold, before it counts as better: or it would flap. */
const EASING_SHARE = 0.1;

const RANK: Readonly<Record<CashLevel, number>> = { unknown: 0, enough: 0, low: 1, critical: 2, negative: 3 };

/**
 * The level of an amount of cash, given the level before: it becomes worse at once, and better with a margin.
 * @param cash minor units; `undefined` when no account for cash is known
 */
export function cashLevelOf(cash: number | undefined, threshold: number, before: CashLevel): CashLevel {
  if (cash === undefined) return 'unknown';
  const level = levelAt(cash, threshold);
  if (RANK[level] >= RANK[before]) return level;
  const eased = levelAt(cash - threshold * EASING_SHARE, threshold);
  return RANK[eased] < RANK[before] ? eased : before;
}

function levelAt(cash: number, threshold: number): CashLevel {
  if (cash < 0) return 'negative';
  if (cash < threshold * CRITICAL_SHARE) return 'critical';
  return cash < threshold ? 'low' : 'enough';
}
