import type { Money } from '#libs/kernel';
import type { LedgerTotals } from '#libs/contracts';
import { daysOf, type LocalRange } from '../../../local-range.ts';
import { SALES } from '../../domain/ledger-entry.ts';

/** What one account or category came to on one day; of a movement, whether its account is cash. */
export type DayAmount = Readonly<{
  kind: 'movement' | 'revenue' | 'expense' | 'sales';
  day: string;
  item: string;
  currency: string;
  amount: number;
  cash: boolean;
}>;

type Side = 'revenue' | 'expense' | 'cashFlow';

/** Totals of a range, one for each currency. */
export function totalsOf(amounts: readonly DayAmount[], range: LocalRange): LedgerTotals[] {
  return [...Map.groupBy(amounts, ({ currency }) => currency)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([currency, all]) => totalsIn(currency, all, range));
}

function totalsIn(currency: string, amounts: readonly DayAmount[], range: LocalRange): LedgerTotals {
  const bySide = Map.groupBy(amounts, sideOf);
  const of = (side: Side): readonly DayAmount[] => bySide.get(side) ?? [];
  const inCurrency = (amount: number): Money => ({ amount, currency });
  const revenue = sumOf(of('revenue'));
  const expense = sumOf(of('expense'));
  const byDay = Map.groupBy(amounts, ({ day }) => day);
  const onDay = (day: string, side: Side): Money =>
    inCurrency(sumOf((byDay.get(day) ?? []).filter((one) => sideOf(one) === side)));
  return {
    currency,
    revenue: inCurrency(revenue),
    expense: inCurrency(expense),
    net: inCurrency(revenue - expense),
    cashFlow: inCurrency(sumOf(of('cashFlow'))),
    revenueByCategory: byCategory(of('revenue'), inCurrency),
    expenseByCategory: byCategory(of('expense'), inCurrency),
    days: daysOf(range).map((day) => ({
      day,
      revenue: onDay(day, 'revenue'),
      expense: onDay(day, 'expense'),
      cashFlow: onDay(day, 'cashFlow'),
    })),
  };
}

function sideOf({ kind, cash }: DayAmount): Side | 'elsewhere' {
  switch (kind) {
    case 'sales':
    case 'revenue':
      return 'revenue';
    case 'expense':
      return 'expense';
    case 'movement':
      return cash ? 'cashFlow' : 'elsewhere';
  }
}

/** The largest first. */
function byCategory(
  amounts: readonly DayAmount[],
  inCurrency: (amount: number) => Money,
): LedgerTotals['revenueByCategory'] {
  return [...Map.groupBy(amounts, ({ kind, item }) => (kind === 'sales' ? SALES : item))]
    .map(([category, all]) => ({ category, amount: inCurrency(sumOf(all)) }))
    .toSorted((one, other) => other.amount.amount - one.amount.amount || (one.category < other.category ? -1 : 1));
}

const sumOf = (amounts: readonly DayAmount[]): number => amounts.reduce((sum, { amount }) => sum + amount, 0);
