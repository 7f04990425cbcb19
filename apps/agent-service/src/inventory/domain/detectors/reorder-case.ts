import { timesMoney } from '#libs/kernel';
import type { CashAdviser, CashAnswer, Judgement, Look } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import { quantityInWords } from '../in-words.ts';
import type { InventoryBook } from '../inventory-book.ts';
import { orderQuantity, type OrderQuantity } from '../order-quantity.ts';
import type { Supply } from '../supply.ts';

export type Urgency = 'critical' | 'high' | 'medium';

/** What a reorder is decided by. */
export type ReorderCase = Readonly<{
  supply: Supply;
  order: OrderQuantity;
  /** What accounting said of the price; absent when nobody needs to ask. */
  cash: CashAnswer | undefined;
  /** What is ordered after it was asked. */
  quantity: number;
  urgency: Urgency;
}>;

/** The book that a reorder needs: the agent's own, and the one from which accounting answers. */
export type BookWithCash<CashBook> = InventoryBook & { cash: CashBook };

/** How much should be ordered; a purchase above `largePurchaseThreshold` only as accounting has cash for it. */
export function reorderCaseOf<CashBook>(
  look: Look<BookWithCash<CashBook>>,
  supply: Supply,
  adviser: CashAdviser<CashBook>,
): ReorderCase {
  const { settings } = look;
  const order = orderQuantity(supply, settings);
  const { unitCost, name } = supply.item.master;
  const cost = timesMoney(unitCost, order.quantity);
  const threshold = moneyOfSetting(settings, settings.agents.inventory.largePurchaseThreshold);
  const isLarge = cost.currency === threshold.currency && cost.amount > threshold.amount;
  const purpose = `${quantityInWords(order.quantity, supply.item.unit)} of ${name}`.slice(0, 200);
  const cash = isLarge ? adviser.answer({ amount: cost, purpose }, { ...look, book: look.book.cash }) : undefined;
  const isShort = cash?.verdict === 'tight' || cash?.verdict === 'unaffordable';
  const quantity = isShort ? order.least : order.quantity;
  return { supply, order, cash, quantity, urgency: urgencyOf(supply) };
}

/** As in the reference system: critical when the stock ends within half a lead time, high within four fifths. */
function urgencyOf({ usable, cover, outlook, ownersLevel }: Supply): Urgency {
  if (usable <= 0) return 'critical';
  if (cover === undefined) return usable <= ownersLevel / 2 ? 'high' : 'medium';
  if (cover <= 0.5 * outlook.leadTimeDays) return 'critical';
  return cover <= 0.8 * outlook.leadTimeDays ? 'high' : 'medium';
}

/** The typed action for a quantity of the item. */
export function reorderAction({ supply }: ReorderCase, quantity: number, urgency: Urgency): Judgement['action'] {
  const { sku, unit, master } = supply.item;
  return {
    kind: 'reorder',
    sku,
    quantity: { value: quantity, unit },
    ...(master.supplierId === null ? {} : { supplierId: master.supplierId }),
    estimatedCost: timesMoney(master.unitCost, quantity),
    urgency,
  };
}
