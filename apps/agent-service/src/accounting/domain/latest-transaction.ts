import type { BusinessFact } from '#libs/agent-kit';
import type { AccountingBook } from './accounting-book.ts';
import type { Sample, SimilarGroup } from './similar-transactions.ts';

/** The transaction that was entered last, when it is the fact looked at; what only repeats what was known is none. */
export function latestTransaction(
  { similar }: Readonly<AccountingBook>,
  fact: BusinessFact,
): Readonly<{ group: SimilarGroup; sample: Sample }> | undefined {
  if (similar.latest?.position !== fact.position) return undefined;
  const group = similar.groups.get(similar.latest.group);
  const sample = group?.recent.at(-1);
  return group && sample ? { group, sample } : undefined;
}

/** How people name it: `sale 17`, `transaction tx-4`. */
export function nameOf({ subject }: Pick<Sample, 'subject'>): string {
  return subject.replace(/^order:/u, 'sale ').replace(/^transaction:/u, 'transaction ');
}

/** Begins a sentence. */
export function atStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
