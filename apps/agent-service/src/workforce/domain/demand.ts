import type { LocalDate } from '#libs/kernel';
import { revenueOf, type BusinessFact } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';

/** What customers brought on one day. */
export type DemandDay = {
  /** In minor units of the business's currency; returns are taken off. */
  revenue: number;
  /** Something was earned in another currency, which no sum here holds. */
  hasOtherCurrencies: boolean;
  /** Sales. */
  tickets: number;
  /** Sales by the hour of the day; not kept for long. */
  ticketsByHour: number[] | undefined;
};

/** Adds what a fact earned to its day: of a sale the day on which it was made, of the rest the one that the books name. */
export function enterRevenue(demand: Map<LocalDate, DemandDay>, fact: BusinessFact, settings: BusinessSettings): void {
  const revenue = revenueOf(fact, settings);
  if (!revenue) return;
  const day = demandOn(demand, dayOf(fact));
  if (revenue.currency === settings.business.currency) day.revenue += revenue.amount;
  else day.hasOtherCurrencies = true;
  if (fact.type !== 'steward.sales.order-completed.v1' || fact.data.kind !== 'sale') return;
  day.tickets += 1;
  day.ticketsByHour ??= Array.from({ length: 24 }, () => 0);
  day.ticketsByHour[fact.local.hour] = (day.ticketsByHour[fact.local.hour] ?? 0) + 1;
}

/** Nothing is earned on a day that has not come. */
function dayOf(fact: BusinessFact): LocalDate {
  switch (fact.type) {
    case 'steward.accounting.invoice-issued.v1':
      return earlierOf(fact.data.issuedOn, fact.local.date);
    case 'steward.accounting.transaction-recorded.v1':
      return earlierOf(fact.data.bookedOn, fact.local.date);
    default:
      return fact.local.date;
  }
}

function earlierOf(left: LocalDate, right: LocalDate): LocalDate {
  return left < right ? left : right;
}

function demandOn(demand: Map<LocalDate, DemandDay>, date: LocalDate): DemandDay {
  const known = demand.get(date);
  if (known) return known;
  const day: DemandDay = { revenue: 0, hasOtherCurrencies: false, tickets: 0, ticketsByHour: undefined };
  demand.set(date, day);
  return day;
}
