/** An exact decimal number: `digits / 10^scale`. */
export type Decimal = Readonly<{ digits: bigint; scale: number }>;

const DECIMAL = /^([+-]?)(\d{1,12})(?:\.(\d{1,6}))?$/;

/** Reads `-12.50`; `undefined` for anything else, such as `1e3`, `1,200` or an empty text. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

/** The amount in minor units, or `undefined` when it has a fraction of one. */
export function toMinorUnits({ digits, scale }: Decimal, minorDigits: number): number | undefined {
  if (scale <= minorDigits) return Number(digits * 10n ** BigInt(minorDigits - scale));
  const divisor = 10n ** BigInt(scale - minorDigits);
  return digits % divisor === 0n ? Number(digits / divisor) : undefined;
}

/** Quantity times price in minor units; a fraction of one is rounded half away from zero, as invoices do. */
export function productInMinorUnits(quantity: Decimal, price: Decimal, minorDigits: number): number {
  const digits = quantity.digits * price.digits;
  const surplus = quantity.scale + price.scale - minorDigits;
  if (surplus <= 0) return Number(digits * 10n ** BigInt(-surplus));
  const divisor = 10n ** BigInt(surplus);
  const magnitude = digits < 0n ? -digits : digits;
  const rounded = (magnitude + divisor / 2n) / divisor;
  return Number(digits < 0n ? -rounded : rounded);
}

export function toNumber({ digits, scale }: Decimal): number {
  return Number(digits) / 10 ** scale;
}

export function negated({ digits, scale }: Decimal): Decimal {
  return { digits: -digits, scale };
}
