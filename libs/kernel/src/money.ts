import { DomainError } from './domain-error.ts';

/** An amount in integer minor units (cents, pence, yen) of one ISO 4217 currency. */
export type Money = Readonly<{ amount: number; currency: string }>;

/** Two currencies met where only one can be. */
export class CurrencyMismatch extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'money/currency-mismatch';

  constructor(left: string, right: string) {
    super(`Cannot combine ${left} with ${right}: convert one of them first.`);
  }
}

/** A money amount that is no safe integer. */
export class NotMinorUnits extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'money/not-minor-units';

  constructor(amount: number) {
    super(`${amount} is no integer of minor units: write 2.55 GBP as 255.`);
  }
}

/** @throws NotMinorUnits */
export function money(amount: number, currency: string): Money {
  if (!Number.isSafeInteger(amount)) throw new NotMinorUnits(amount);
  return { amount, currency };
}

/** @throws CurrencyMismatch */
export function addMoney(left: Money, right: Money): Money {
  if (left.currency !== right.currency) throw new CurrencyMismatch(left.currency, right.currency);
  return money(left.amount + right.amount, left.currency);
}

/** Multiplies and rounds half away from zero to a whole minor unit, as invoices do. */
export function timesMoney(value: Money, factor: number): Money {
  const product = value.amount * factor;
  return money(Math.sign(product) * Math.round(Math.abs(product)), value.currency);
}
