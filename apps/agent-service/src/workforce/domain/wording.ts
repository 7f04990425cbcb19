import { HOUR_MS, type LocalMoment, type Money } from '#libs/kernel';
import { minorDigits } from '#libs/business-settings';

/** `7.5 hours`. */
export function hoursText(hours: number): string {
  return `${tenths(hours)} ${tenths(hours) === 1 ? 'hour' : 'hours'}`;
}

/** Hours as a decimal with one place. */
export function tenths(hours: number): number {
  return Math.round(hours * 10) / 10;
}

/** Milliseconds as hours with one place. */
export function hoursOf(ms: number): number {
  return tenths(ms / HOUR_MS);
}

/** `412.50 USD`. */
export function moneyText({ amount, currency }: Money): string {
  const digits = minorDigits(currency);
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** `37%`. */
export function percentText(share: number): string {
  return `${Math.round(share * 100)}%`;
}

/** `08:05`, by the clock of the business. */
export function clockText({ minuteOfDay }: LocalMoment): string {
  const twoDigits = (value: number): string => String(value).padStart(2, '0');
  return `${twoDigits(Math.floor(minuteOfDay / 60))}:${twoDigits(minuteOfDay % 60)}`;
}

/** `1 shift`, `3 shifts`. */
export function countText(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
