import type { LocalDate, Money } from '#libs/kernel';
import { minorDigits } from '#libs/business-settings';

/** A number as people write it: at most one decimal, two below one. */
export function figure(value: number): string {
  const digits = Math.abs(value) < 1 ? 100 : 10;
  return String(Math.round(value * digits) / digits);
}

/** `8 bottle`; what is counted needs no word for it. */
export function quantityInWords(value: number, unit: string): string {
  return unit === 'each' ? figure(value) : `${figure(value)} ${unit}`;
}

/** `156.00 EUR`. */
export function moneyInWords({ amount, currency }: Money): string {
  const digits = minorDigits(currency);
  return `${(amount / 10 ** digits).toFixed(digits)} ${currency}`;
}

/** `12 %`. */
export const shareInWords = (share: number): string => `${figure(share * 100)} %`;

/** `1 day`, `2.5 days`. */
export const daysInWords = (days: number): string => `${figure(days)} ${figure(days) === '1' ? 'day' : 'days'}`;

/** `Friday, 2026-11-27`. */
export function dayInWords(date: LocalDate, weekday: number): string {
  return `${WEEKDAYS[weekday - 1] ?? ''}, ${date}`;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
