import { timesMoney } from '#libs/kernel';
import { daysInWords, figure, moneyInWords, quantityInWords } from '../in-words.ts';
import type { ReorderCase } from './reorder-case.ts';

/** Says in plain words why, how much and what it costs. */
export function reorderReasoning(found: ReorderCase): string {
  return [stockInWords(found), paceInWords(found), orderInWords(found), cashInWords(found)]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

function stockInWords({ supply }: ReorderCase): string {
  const { item, onHand, usable, onOrder, available, ownersLevel, computedLevel } = supply;
  const there = `${item.name}: ${quantityInWords(onHand, item.unit)} in stock`;
  const spoils = onHand > usable ? ` (${figure(usable)} of it can be used before it expires)` : '';
  const coming = onOrder > 0 ? ` and ${figure(onOrder)} on order` : ', none on order';
  const limit =
    available <= ownersLevel
      ? `at or below your limit of ${figure(ownersLevel)}`
      : `at or below ${figure(computedLevel)}, which its use and the lead time ask for (your reorder point is ${figure(item.master.reorderPoint)})`;
  return `${there}${spoils}${coming}: ${limit}.`;
}

function paceInWords({ supply }: ReorderCase): string {
  const { item, outlook, cover } = supply;
  const { leadTimeDays, leadTimeObserved, perDay, observedDays } = outlook;
  const known =
    leadTimeObserved > 0 ? `as ${leadTimeObserved} deliveries show` : 'as promised or set, not measured yet';
  const delivery = `a delivery takes about ${daysInWords(leadTimeDays)} (${known})`;
  if (perDay <= 0) return `How fast it is used is not known yet; ${delivery}.`;
  const lasts = cover === undefined ? '' : ` and lasts about ${daysInWords(cover)}`;
  return `About ${quantityInWords(perDay, item.unit)} a day are used (seen over ${observedDays} days)${lasts}; ${delivery}.`;
}

function orderInWords({ supply, order, quantity, cash }: ReorderCase): string {
  const { item, outlook } = supply;
  const cost = moneyInWords(timesMoney(item.master.unitCost, quantity));
  const what = `Order ${quantityInWords(quantity, item.unit)} for about ${cost}`;
  if (cash && quantity < order.quantity) return `${what}, the least that prevents a stock-out.`;
  const why = {
    usual: 'your usual quantity',
    economic: 'the quantity at which ordering and keeping cost least',
    need: 'what is used until the delivery and the week after it, with a margin',
    'shelf-life': `no more than is used within its shelf life of ${item.master.shelfLifeDays ?? 0} days`,
    'maximum-stock': `no more than there is room for (at most ${figure(item.master.maximumStock ?? 0)})`,
  }[order.reason];
  const safety = outlook.perDay > 0 ? `; ${figure(supply.safetyStock)} are kept against chance` : '';
  return `${what}: ${why}${safety}.`;
}

function cashInWords({ cash, order, supply }: ReorderCase): string {
  if (!cash) return '';
  const full = moneyInWords(timesMoney(supply.item.master.unitCost, order.quantity));
  const said = `Accounting was asked for ${full}: ${cash.consultation.answer}`;
  switch (cash.verdict) {
    case 'affordable':
    case 'unknown':
      return said;
    case 'tight':
      return `${said} So only the least is ordered now.`;
    case 'unaffordable':
      return `${said} Get the money first, or agree on later payment with the supplier.`;
  }
}
