import { minorDigits } from '#libs/business-settings';

const formats = new Map<string, Intl.NumberFormat>();

/** An amount of minor units as people write it: `USD 1,234.50`. */
export function inWords(amount: number, currency: string): string {
  let format = formats.get(currency);
  if (!format) {
    const digits = minorDigits(currency);
    format = new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
    formats.set(currency, format);
  }
  return `${currency} ${format.format(amount / 10 ** minorDigits(currency))}`;
}

/** A share in per cent without decimals: `12 %`. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** A change in per cent with its sign: `+12 %`, `-8 %`. */
export function change(share: number): string {
  const rounded = Math.round(share * 100);
  return `${rounded > 0 ? '+' : ''}${rounded} %`;
}

/** `1 day`, `14 days`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `03:07` of a minute of the day. */
export function clockTime(minuteOfDay: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** The name of a weekday, 1 to 7. */
export function weekdayName(weekday: number): string {
  return WEEKDAYS[weekday - 1] ?? '';
}

/** `a, b and c`. */
export function listed(parts: readonly string[]): string {
  if (parts.length < 2) return parts.join('');
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}
