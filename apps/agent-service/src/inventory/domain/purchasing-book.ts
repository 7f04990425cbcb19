import { daysBetween, plusDays, type LocalDate, type Money } from '#libs/kernel';
import { withPosition, type BusinessFact, type FactOf, type FactType } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { mean, sampleStandardDeviation } from 'simple-statistics';

/** What a supplier said of itself. */
export type SupplierTerms = {
  name: string;
  leadTimeDays: number;
  reliability: number | null;
  minimumOrder: Money | null;
};

/** One item of an order, in the unit of its line; lines of the same item are added. */
export type OrderedLine = {
  sku: string;
  unit: string;
  ordered: number;
  received: number;
  unitCost: Money;
  /** The day on which at least {@link COMPLETE_SHARE} of it had come; null while it has not. */
  completeOn: LocalDate | null;
};

/** A purchase order with what came of it. */
export type PurchaseOrder = {
  purchaseOrderId: string;
  supplierId: string;
  placedOn: LocalDate;
  /** As promised, or by the supplier's lead time. */
  expectedOn: LocalDate;
  lines: OrderedLine[];
  /** The day of the latest receipt, and the day on which all lines were complete. */
  lastReceivedOn: LocalDate | null;
  completeOn: LocalDate | null;
};

/** What arrived before its order was told of. */
export type EarlyReceipt = { on: LocalDate; lines: { sku: string; quantity: number }[] };

/** Suppliers, and what was ordered from them in the last {@link KEPT_ORDER_DAYS} days. */
export type PurchasingBook = {
  suppliers: Map<string, SupplierTerms>;
  orders: Map<string, PurchaseOrder>;
  /** Ids of a supplier's orders, as they were placed. */
  ordersOf: Map<string, string[]>;
  early: Map<string, EarlyReceipt[]>;
  /** Of the latest facts about each supplier, oldest first. */
  positions: Map<string, number[]>;
};

/** How long a supplier takes. */
export type LeadTime = Readonly<{
  days: number;
  /** Standard deviation; 0 when it was only promised. */
  deviation: number;
  /** How many deliveries it was measured by; 0: it is what was promised, or the setting. */
  observed: number;
}>;

export const KEPT_ORDER_DAYS = 400;
/** A rest of five per cent is taken as done: weights vary, and nobody waits for it. */
export const COMPLETE_SHARE = 0.95;
const MOST_ORDERS_OF_SUPPLIER = 500;
const MOST_EARLY_RECEIPTS = 200;
const LEAST_DELIVERIES = 3;
const LATEST_DELIVERIES = 20;

/** The facts from which purchasing follows. */
export const PURCHASING_FACTS = [
  'steward.inventory.supplier-registered.v1',
  'steward.inventory.purchase-order-placed.v1',
  'steward.inventory.purchase-order-received.v1',
] as const satisfies readonly FactType[];

export function openPurchasingBook(): PurchasingBook {
  return { suppliers: new Map(), orders: new Map(), ordersOf: new Map(), early: new Map(), positions: new Map() };
}

export function enterPurchasing(book: PurchasingBook, fact: BusinessFact, settings: BusinessSettings): void {
  switch (fact.type) {
    case 'steward.inventory.supplier-registered.v1': {
      const { supplierId, name, leadTimeDays, reliability = null, minimumOrder = null } = fact.data;
      book.suppliers.set(supplierId, { name, leadTimeDays, reliability, minimumOrder });
      remember(book, supplierId, fact.position);
      return;
    }
    case 'steward.inventory.purchase-order-placed.v1':
      place(book, fact, settings);
      return;
    case 'steward.inventory.purchase-order-received.v1': {
      const { purchaseOrderId, lines } = fact.data;
      const receipt = {
        on: fact.local.date,
        lines: lines.map(({ sku, quantity }) => ({ sku, quantity: quantity.value })),
      };
      const order = book.orders.get(purchaseOrderId);
      if (order) receive(order, receipt);
      else keepEarly(book, purchaseOrderId, receipt);
      remember(book, order?.supplierId ?? fact.data.supplierId, fact.position);
      return;
    }
    default:
  }
}

/** An order that is sent anew replaces the lines of the first; what has come of it stays. */
function place(
  book: PurchasingBook,
  { data, local, position }: FactOf<'steward.inventory.purchase-order-placed.v1'>,
  settings: BusinessSettings,
): void {
  const { purchaseOrderId, supplierId } = data;
  const known = book.orders.get(purchaseOrderId);
  const placedOn = known?.placedOn ?? local.date;
  const promised = Math.ceil(promisedLeadTime(book, supplierId, settings));
  const expectedOn = data.expectedOn ?? plusDays(placedOn, promised);
  const order: PurchaseOrder = {
    ...{ purchaseOrderId, supplierId, placedOn, expectedOn },
    lines: [],
    lastReceivedOn: null,
    completeOn: null,
  };
  for (const line of data.lines) addLine(order, line);
  if (known) carryOver(known, order);
  book.orders.set(purchaseOrderId, order);
  if (known?.supplierId !== supplierId) list(book, order, known);
  for (const receipt of book.early.get(purchaseOrderId) ?? []) receive(order, receipt);
  book.early.delete(purchaseOrderId);
  remember(book, supplierId, position);
}

/** What came of an order before it was sent anew. */
function carryOver(known: Readonly<PurchaseOrder>, order: PurchaseOrder): void {
  for (const line of order.lines) line.received = known.lines.find(({ sku }) => sku === line.sku)?.received ?? 0;
  order.lastReceivedOn = known.lastReceivedOn;
  if (known.lastReceivedOn !== null) settle(order, known.lastReceivedOn);
}

function addLine(
  order: PurchaseOrder,
  { sku, quantity, unitCost }: Readonly<{ sku: string; quantity: { value: number; unit: string }; unitCost: Money }>,
): void {
  const same = order.lines.find((line) => line.sku === sku && line.unit === quantity.unit);
  if (same) same.ordered += quantity.value;
  else {
    const { value: ordered, unit } = quantity;
    order.lines.push({ sku, unit, ordered, received: 0, unitCost, completeOn: null });
  }
}

function receive(order: PurchaseOrder, { on, lines }: EarlyReceipt): void {
  for (const { sku, quantity } of lines) {
    const line = order.lines.find((one) => one.sku === sku);
    if (line) line.received += quantity;
  }
  if (order.lastReceivedOn === null || on > order.lastReceivedOn) order.lastReceivedOn = on;
  settle(order, on);
}

function settle(order: PurchaseOrder, on: LocalDate): void {
  for (const line of order.lines) {
    if (line.completeOn === null && line.received >= COMPLETE_SHARE * line.ordered) line.completeOn = on;
  }
  if (order.completeOn === null && order.lines.every(({ completeOn }) => completeOn !== null)) {
    order.completeOn = order.lastReceivedOn;
  }
}

/** Enters an order in its supplier's list, and forgets orders that are too old to say anything. */
function list(book: PurchasingBook, order: PurchaseOrder, before: PurchaseOrder | undefined): void {
  if (before) {
    const listed = book.ordersOf.get(before.supplierId) ?? [];
    book.ordersOf.set(
      before.supplierId,
      listed.filter((id) => id !== order.purchaseOrderId),
    );
  }
  const ids = book.ordersOf.get(order.supplierId) ?? [];
  ids.push(order.purchaseOrderId);
  book.ordersOf.set(order.supplierId, ids);
  const oldest = plusDays(order.placedOn, -KEPT_ORDER_DAYS);
  for (let first = ids[0]; first !== undefined; first = ids[0]) {
    const isKept = ids.length <= MOST_ORDERS_OF_SUPPLIER && (book.orders.get(first)?.placedOn ?? '') >= oldest;
    if (isKept) break;
    book.orders.delete(first);
    ids.shift();
  }
}

function keepEarly(book: PurchasingBook, purchaseOrderId: string, receipt: EarlyReceipt): void {
  const known = book.early.get(purchaseOrderId);
  if (known) known.push(receipt);
  else book.early.set(purchaseOrderId, [receipt]);
  const [oldest] = book.early.keys();
  if (book.early.size > MOST_EARLY_RECEIPTS && oldest !== undefined) book.early.delete(oldest);
}

function remember(book: PurchasingBook, supplierId: string, position: number): void {
  const positions = book.positions.get(supplierId) ?? [];
  book.positions.set(supplierId, withPosition(positions, position));
}

/** A supplier's orders, as they were placed; of one item when `sku` is given. */
export function ordersOf(
  book: Readonly<PurchasingBook>,
  supplierId: string,
  sku?: string,
): readonly Readonly<PurchaseOrder>[] {
  const orders = (book.ordersOf.get(supplierId) ?? []).flatMap((id) => book.orders.get(id) ?? []);
  return sku === undefined ? orders : orders.filter(({ lines }) => lines.some((line) => line.sku === sku));
}

/**
 * How long a supplier takes from order to delivery, in the business's days: measured by the last 20 deliveries of the item when
 * there are at least three, else by the supplier's, else as promised, else the setting `reorderLeadTime`.
 */
export function leadTimeOf(
  book: Readonly<PurchasingBook>,
  supplierId: string | null | undefined,
  sku: string | undefined,
  settings: BusinessSettings,
): LeadTime {
  if (!supplierId) return { days: settings.agents.inventory.reorderLeadTime, deviation: 0, observed: 0 };
  const measured = measuredDays(book, supplierId, sku) ?? measuredDays(book, supplierId);
  if (!measured) return { days: promisedLeadTime(book, supplierId, settings), deviation: 0, observed: 0 };
  return { days: mean(measured), deviation: sampleStandardDeviation(measured), observed: measured.length };
}

function measuredDays(book: Readonly<PurchasingBook>, supplierId: string, sku?: string): number[] | undefined {
  const days: number[] = [];
  const ids = book.ordersOf.get(supplierId) ?? [];
  for (let index = ids.length - 1; index >= 0 && days.length < LATEST_DELIVERIES; index -= 1) {
    const order = book.orders.get(ids[index] ?? '');
    const completeOn =
      sku === undefined ? order?.completeOn : order?.lines.find((line) => line.sku === sku)?.completeOn;
    if (order && completeOn) days.push(Math.max(0, daysBetween(order.placedOn, completeOn)));
  }
  return days.length >= LEAST_DELIVERIES ? days : undefined;
}

/** Days from order to delivery as the supplier says, else by the setting. */
export function promisedLeadTime(
  book: Readonly<PurchasingBook>,
  supplierId: string,
  settings: BusinessSettings,
): number {
  return book.suppliers.get(supplierId)?.leadTimeDays ?? settings.agents.inventory.reorderLeadTime;
}

/** An order is late only after its expected day: when it then is not complete, or was completed later. */
export function isLate({ expectedOn, completeOn }: Readonly<PurchaseOrder>, today: LocalDate): boolean {
  return (completeOn ?? today) > expectedOn;
}

/** Whether it is decided if an order came in time: it is complete, or its expected day is over. */
export function isDue({ expectedOn, completeOn }: Readonly<PurchaseOrder>, today: LocalDate): boolean {
  return completeOn !== null || today > expectedOn;
}
