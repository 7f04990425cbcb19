import { idSchema } from '#libs/contracts';
import type { OrderCompleted, StockMoved } from '#libs/contracts';
import { negated, parseDecimal, productInMinorUnits, toMinorUnits, toNumber } from './decimal.ts';
import type { Decimal } from './decimal.ts';
import { TimeReader } from './local-time.ts';
import { customerIdOf } from './mapping.ts';
import type { ColumnRole, Layout, Mapping } from './mapping.ts';
import type { FileRecord } from './records.ts';

type OrderKind = OrderCompleted['kind'];
type AdjustmentKind = NonNullable<OrderCompleted['adjustments']>[number]['kind'];

type LineBase = Readonly<{
  line: number;
  invoice: string;
  atMs: number;
  customerId: string | undefined;
  description: string | undefined;
}>;

/** Goods that changed hands; the quantity is above zero also when they came back. */
export type GoodsLine = LineBase &
  Readonly<{ kind: 'goods'; orderKind: OrderKind; sku: string; quantity: number; unitPrice: number; amount: number }>;
/** Money without goods. In a return a positive amount goes to the customer, as do the amounts of its goods. */
export type AdjustmentLine = LineBase &
  Readonly<{ kind: 'adjustment'; orderKind: OrderKind; code: string; adjustmentKind: AdjustmentKind; amount: number }>;
/** Stock that was found, lost or thrown away; the quantity is signed for an adjustment only. */
export type CorrectionLine = LineBase &
  Readonly<{ kind: 'correction'; sku: string; movement: StockMoved['movement']; quantity: number }>;

export type SaleLine = GoodsLine | AdjustmentLine | CorrectionLine;

/** A line that cannot be imported, and why. */
export type Reject = Readonly<{ line: number; reason: string; text: string }>;

const DESCRIPTION_CHARACTERS = 200;

/** Why a line cannot be imported; caught where the line is known. */
class Impossible extends Error {}

type Amounts = Readonly<{ quantity: Decimal; price: Decimal }>;

/** Reads the lines of one shop's export. */
export class LineReader {
  readonly #mapping: Mapping;
  readonly #layout: Layout;
  readonly #times: TimeReader;
  readonly #adjustmentKinds: ReadonlyMap<string, AdjustmentKind>;

  constructor(mapping: Mapping, layout: Layout) {
    this.#mapping = mapping;
    this.#layout = layout;
    this.#times = new TimeReader(mapping.dateFormats, mapping.timeZone);
    this.#adjustmentKinds = new Map(
      mapping.adjustments.flatMap(({ code, kind }) => (code === undefined ? [] : [[code.toLowerCase(), kind]])),
    );
  }

  /** What the record says, or why it says nothing. */
  read(record: FileRecord): SaleLine | Reject {
    try {
      return this.#lineOf(record);
    } catch (error) {
      if (!(error instanceof Impossible)) throw error;
      return { line: record.line, reason: error.message, text: record.text };
    }
  }

  #lineOf({ line, fields }: FileRecord): SaleLine {
    const { columnCount } = this.#layout;
    if (fields === undefined) throw new Impossible('a quote is opened and never closed');
    if (fields.length !== columnCount) {
      throw new Impossible(`${fields.length} columns where the header has ${columnCount}`);
    }
    const cell = (role: ColumnRole): string => (fields[this.#layout.indexOf[role]] ?? '').trim();
    const base = {
      line,
      invoice: identifierOf(cell('invoice'), 'invoice number', 100),
      atMs: this.#timeOf(cell('time')),
      customerId: customerOf(cell('customer')),
      description: plainText(cell('description')),
    };
    const amounts = this.#amountsOf(cell('quantity'), cell('unitPrice'));
    const code = identifierOf(cell('sku'), 'stock code', 64);
    this.#refuseTests(code);
    const adjustmentKind = this.#adjustmentKindOf(code);
    return adjustmentKind === undefined
      ? this.#goodsOrCorrection(base, code, amounts)
      : this.#adjustment(base, { code, adjustmentKind }, amounts);
  }

  #timeOf(text: string): number {
    const atMs = this.#times.read(text);
    if (atMs === undefined)
      throw new Impossible(`bad date "${text}": expected ${this.#mapping.dateFormats.join(' or ')}`);
    return atMs;
  }

  #amountsOf(quantityText: string, priceText: string): Amounts {
    const { limits } = this.#mapping;
    const quantity = parseDecimal(quantityText);
    if (quantity === undefined) throw new Impossible(`bad number "${quantityText}" for the quantity`);
    const price = parseDecimal(priceText);
    if (price === undefined) throw new Impossible(`bad number "${priceText}" for the unit price`);
    if (quantity.digits === 0n) throw new Impossible('impossible quantity 0');
    if (Math.abs(toNumber(quantity)) > limits.quantity) {
      throw new Impossible(`impossible quantity ${quantityText}: the mapping allows up to ${limits.quantity}`);
    }
    if (Math.abs(toNumber(price)) > limits.unitPrice) {
      throw new Impossible(`impossible unit price ${priceText}: the mapping allows up to ${limits.unitPrice}`);
    }
    return { quantity, price };
  }

  #refuseTests(code: string): void {
    const lower = code.toLowerCase();
    if (this.#mapping.notSales.some((prefix) => lower.startsWith(prefix.toLowerCase()))) {
      throw new Impossible(`the mapping says that ${code} is no sale`);
    }
  }

  #adjustmentKindOf(code: string): AdjustmentKind | undefined {
    const lower = code.toLowerCase();
    const exact = this.#adjustmentKinds.get(lower);
    if (exact !== undefined) return exact;
    return this.#mapping.adjustments.find(
      ({ prefix }) => prefix !== undefined && lower.startsWith(prefix.toLowerCase()),
    )?.kind;
  }

  #isReturnInvoice(invoice: string): boolean {
    const { invoicePrefix } = this.#mapping.returns;
    return invoicePrefix !== undefined && invoice.startsWith(invoicePrefix);
  }

  #adjustment(
    base: LineBase,
    { code, adjustmentKind }: Readonly<{ code: string; adjustmentKind: AdjustmentKind }>,
    { quantity, price }: Amounts,
  ): AdjustmentLine {
    const orderKind = this.#isReturnInvoice(base.invoice) ? 'return' : 'sale';
    const signed = orderKind === 'return' ? negated(quantity) : quantity;
    const amount = productInMinorUnits(signed, price, this.#mapping.minorDigits);
    return { ...base, kind: 'adjustment', orderKind, code, adjustmentKind, amount };
  }

  #goodsOrCorrection(base: LineBase, sku: string, { quantity, price }: Amounts): GoodsLine | CorrectionLine {
    const { returns, minorDigits, currency } = this.#mapping;
    const unitPrice = toMinorUnits(price, minorDigits);
    if (unitPrice === undefined) {
      throw new Impossible(`unit price ${toNumber(price)} has a fraction of the smallest coin of ${currency}`);
    }
    if (unitPrice < 0) throw new Impossible(`impossible unit price ${toNumber(price)} for goods`);
    const isNegative = quantity.digits < 0n;
    if (this.#isReturnInvoice(base.invoice)) {
      if (!isNegative) throw new Impossible(`impossible quantity ${toNumber(quantity)} in a return`);
      return this.#goods(base, 'return', sku, { quantity: negated(quantity), price, unitPrice });
    }
    if (this.#isCorrection(base, isNegative, unitPrice)) return this.#correction(base, sku, toNumber(quantity));
    if (!isNegative) return this.#goods(base, 'sale', sku, { quantity, price, unitPrice });
    if (returns.negativeQuantityIsReturn) {
      return this.#goods(base, 'return', sku, { quantity: negated(quantity), price, unitPrice });
    }
    throw new Impossible(`impossible quantity ${toNumber(quantity)} at a price in a sale`);
  }

  #goods(
    base: LineBase,
    orderKind: OrderKind,
    sku: string,
    { quantity, price, unitPrice }: Amounts & Readonly<{ unitPrice: number }>,
  ): GoodsLine {
    const amount = productInMinorUnits(quantity, price, this.#mapping.minorDigits);
    return { ...base, kind: 'goods', orderKind, sku, quantity: toNumber(quantity), unitPrice, amount };
  }

  #isCorrection({ customerId }: LineBase, isNegative: boolean, unitPrice: number): boolean {
    if (unitPrice !== 0) return false;
    if (isNegative) return !this.#mapping.returns.negativeQuantityIsReturn || customerId === undefined;
    return this.#mapping.stockCorrections.freeItemsNeedCustomer && customerId === undefined;
  }

  #correction(base: LineBase, sku: string, quantity: number): CorrectionLine {
    const said = base.description?.toLowerCase() ?? '';
    const isWaste = quantity < 0 && this.#mapping.stockCorrections.wasteWords.some((word) => said.includes(word));
    return isWaste
      ? { ...base, kind: 'correction', sku, movement: 'waste', quantity: -quantity }
      : { ...base, kind: 'correction', sku, movement: 'adjustment', quantity };
  }
}

function identifierOf(text: string, what: string, characters: number): string {
  if (text === '') throw new Impossible(`no ${what}`);
  if (text.length > characters || !idSchema.safeParse(text).success) {
    throw new Impossible(`bad ${what} "${text.slice(0, 80)}"`);
  }
  return text;
}

/** A line without a customer is a walk-in. */
function customerOf(text: string): string | undefined {
  if (text === '') return undefined;
  const customerId = customerIdOf(text);
  if (customerId === undefined) throw new Impossible(`bad customer id "${text.slice(0, 80)}"`);
  return customerId;
}

/** One line without control characters and double spaces; `undefined` when nothing is left. */
function plainText(text: string): string | undefined {
  const plain = text
    .replace(/[\p{Cc}\p{Z}]+/gu, ' ')
    .slice(0, DESCRIPTION_CHARACTERS)
    .trim();
  return plain === '' ? undefined : plain;
}
