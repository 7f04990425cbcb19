import type { Money } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';
import type { BusinessFact } from './business-fact.ts';

/**
 * What the business earned by a fact: the total of a sale (taken back by a return), an invoice, or income that is neither a
 * settlement of sales nor counted otherwise. Money that only changes its place is no revenue.
 */
export function revenueOf(fact: BusinessFact, { agents }: BusinessSettings): Money | undefined {
  switch (fact.type) {
    case 'steward.sales.order-completed.v1': {
      const { total, kind } = fact.data;
      return kind === 'sale' ? total : { ...total, amount: -total.amount };
    }
    case 'steward.accounting.invoice-issued.v1':
      return fact.data.amount;
    case 'steward.accounting.transaction-recorded.v1': {
      const { kind, amount, category = '' } = fact.data;
      return kind === 'income' && !agents.accounting.settlementCategories.includes(category) ? amount : undefined;
    }
    default:
      return undefined;
  }
}
