import { ItemRegisteredV1, OrderCompletedV1, StockMovedV1, SupplierRegisteredV1 } from '#libs/contracts';
import type { CloudEvent, EventContract, ItemRegistered, OrderCompleted } from '#libs/contracts';
import type { Money } from '#libs/kernel';
import type { InvoiceRun } from './invoices.ts';
import type { Mapping } from './mapping.ts';
import type { AdjustmentLine, CorrectionLine, GoodsLine, SaleLine } from './sale-lines.ts';

/** An event with the lines of the file that it comes from. */
export type PlannedEvent = Readonly<{
  event: CloudEvent;
  firstLine: number;
  lastLine: number;
  /** Nothing else comes from these lines. */
  endsRun: boolean;
}>;

type StockedLine = GoodsLine | CorrectionLine;
type OrderLineOf = GoodsLine | AdjustmentLine;
type Envelope = Readonly<{ id: string; subject: string; atMs: number }>;

/**
 * Turns invoices into events, in the order of the file. Ids come from the content alone, so the same file gives the
 * same events. Before the first event of an item the item is registered with its opening stock, once.
 */
export class ShopEvents {
  readonly #mapping: Mapping;
  readonly #tenant: string;
  readonly #source: string;
  /** Items by whether a price is known for them. */
  readonly #items = new Map<string, boolean>();
  #hasSupplier = false;

  constructor(mapping: Mapping, tenant: string) {
    this.#mapping = mapping;
    this.#tenant = tenant;
    this.#source = `urn:pos:${mapping.name}`;
  }

  /** At least one event for each run. */
  of(run: InvoiceRun): PlannedEvent[] {
    const { lines } = run;
    const [first] = lines;
    const name = run.run === 1 ? run.invoice : `${run.invoice}~${run.run}`;
    const events = [
      ...this.#supplier(first.atMs),
      ...lines.flatMap((line) => (line.kind === 'adjustment' ? [] : this.#registration(line))),
      ...lines.flatMap((line, index) => (line.kind === 'correction' ? [this.#correction(line, name, index)] : [])),
      ...this.#order(name, 'sale', lines),
      ...this.#order(name, 'return', lines),
    ];
    return events.map((event, index) => ({
      event,
      firstLine: first.line,
      lastLine: lines.at(-1)?.line ?? first.line,
      endsRun: index === events.length - 1,
    }));
  }

  #supplier(atMs: number): CloudEvent[] {
    if (this.#hasSupplier) return [];
    this.#hasSupplier = true;
    const { supplier } = this.#mapping;
    const id = `supplier/${supplier.supplierId}`;
    return [this.#event({ id, subject: supplier.supplierId, atMs }, SupplierRegisteredV1, supplier)];
  }

  /** An item that was first seen without a price is registered anew when its price is known. */
  #registration(line: StockedLine): CloudEvent[] {
    const { sku, atMs } = line;
    const price = line.kind === 'goods' && line.unitPrice > 0 ? line.unitPrice : undefined;
    const isPriced = this.#items.get(sku);
    if (isPriced === true || (isPriced === false && price === undefined)) return [];
    this.#items.set(sku, price !== undefined);
    const id = isPriced === undefined ? `item/${sku}` : `item/${sku}/priced`;
    const item = this.#event({ id, subject: sku, atMs }, ItemRegisteredV1, this.#masterData(line, price));
    return isPriced === undefined ? [item, this.#openingStock(line)] : [item];
  }

  #masterData({ sku, description }: StockedLine, price: number | undefined): ItemRegistered {
    const { items, supplier } = this.#mapping;
    const unitCost = Math.round(((price ?? 0) * items.costPercent) / 100);
    return {
      sku,
      name: description ?? sku,
      category: items.category,
      unit: items.unit,
      unitCost: this.#money(unitCost),
      ...(price === undefined ? {} : { sellingPrice: this.#money(price) }),
      reorderPoint: items.reorderPoint,
      reorderQuantity: items.reorderQuantity,
      supplierId: supplier.supplierId,
    };
  }

  #openingStock(line: StockedLine): CloudEvent {
    const { items } = this.#mapping;
    const sold = line.kind === 'goods' && line.orderKind === 'sale' ? line.quantity : 0;
    const value = Math.max(items.openingStock, sold * items.openingTimesFirstSale);
    return this.#event({ id: `opening/${line.sku}`, subject: line.sku, atMs: line.atMs }, StockMovedV1, {
      sku: line.sku,
      movement: 'in',
      quantity: { value, unit: items.unit },
      reason: 'opening stock, as the mapping assumes it',
    });
  }

  #correction(line: CorrectionLine, name: string, index: number): CloudEvent {
    const id = `stock/${name}/${index + 1}`;
    return this.#event({ id, subject: line.sku, atMs: line.atMs }, StockMovedV1, {
      sku: line.sku,
      movement: line.movement,
      quantity: { value: line.quantity, unit: this.#mapping.items.unit },
      reason: line.description ?? 'corrected without a reason',
      reference: line.invoice,
    });
  }

  #order(name: string, kind: OrderCompleted['kind'], all: readonly SaleLine[]): CloudEvent[] {
    const lines = all.filter((line) => line.kind !== 'correction').filter(({ orderKind }) => orderKind === kind);
    const [first] = lines;
    if (first === undefined) return [];
    // One invoice holds both only where a negative quantity makes a return.
    const hasBoth = kind === 'return' && all.some((line) => line.kind !== 'correction' && line.orderKind === 'sale');
    const orderId = hasBoth ? `${name}/return` : name;
    const order = this.#orderData(orderId, kind, lines);
    return [this.#event({ id: `order/${orderId}`, subject: orderId, atMs: first.atMs }, OrderCompletedV1, order)];
  }

  #orderData(orderId: string, kind: OrderCompleted['kind'], lines: readonly OrderLineOf[]): OrderCompleted {
    const goods = lines.filter((line) => line.kind === 'goods');
    const adjustments = lines.filter((line) => line.kind === 'adjustment');
    const customerId = lines.find((line) => line.customerId !== undefined)?.customerId;
    const { channel, items } = this.#mapping;
    const order: OrderCompleted = {
      orderId,
      kind,
      ...(customerId === undefined ? {} : { customerId }),
      ...(channel === undefined ? {} : { channel }),
      lines: goods.map(({ sku, description, quantity, unitPrice }) => ({
        sku,
        ...(description === undefined ? {} : { description }),
        quantity: { value: quantity, unit: items.unit },
        unitPrice: this.#money(unitPrice),
      })),
      ...(adjustments.length === 0 ? {} : { adjustments: adjustments.map((line) => this.#adjustment(line)) }),
      total: this.#money(lines.reduce((sum, { amount }) => sum + amount, 0)),
    };
    checkTotal(order);
    return order;
  }

  #adjustment({
    code,
    adjustmentKind,
    description,
    amount,
  }: AdjustmentLine): NonNullable<OrderCompleted['adjustments']>[number] {
    return {
      code,
      kind: adjustmentKind,
      ...(description === undefined ? {} : { description }),
      amount: this.#money(amount),
    };
  }

  #money(amount: number): Money {
    return { amount, currency: this.#mapping.currency };
  }

  #event<Data>({ id, subject, atMs }: Envelope, contract: EventContract<Data>, data: Data): CloudEvent {
    return {
      specversion: '1.0',
      id,
      source: this.#source,
      type: contract.type,
      subject,
      time: new Date(atMs).toISOString(),
      datacontenttype: 'application/json',
      tenantid: this.#tenant,
      data,
    };
  }
}

/**
 * The total was added up from exact decimals; here it is held against what the event says. Each line of a part of a
 * unit may differ by half a minor unit.
 */
export function checkTotal({ orderId, lines, adjustments = [], total }: OrderCompleted): void {
  const goods = lines.map(({ quantity, unitPrice }) => quantity.value * unitPrice.amount);
  const parts = [...goods, ...adjustments.map(({ amount }) => amount.amount)].reduce((sum, part) => sum + part, 0);
  const allowed = lines.filter(({ quantity }) => !Number.isInteger(quantity.value)).length / 2 + 1e-6;
  if (!Number.isSafeInteger(total.amount) || Math.abs(parts - total.amount) > allowed) {
    throw new Error(
      `The total ${total.amount} of order ${orderId} is not the ${parts} of its parts: a defect of this program.`,
    );
  }
}
