import { timeZone, type TimeZone } from '#libs/kernel';

/** What a clock on the shop's wall shows, as if it were UTC: milliseconds since 1970. */
export type WallTimeMs = number;

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

/** Longest first, so that `MM` is not read as `M` twice. */
const TOKENS: readonly (readonly [token: string, pattern: string, part: Part])[] = [
  ['YYYY', '(\\d{4})', 'year'],
  ['YY', '(\\d{2})', 'year'],
  ['MM', '(\\d{2})', 'month'],
  ['M', '(\\d{1,2})', 'month'],
  ['DD', '(\\d{2})', 'day'],
  ['D', '(\\d{1,2})', 'day'],
  ['HH', '(\\d{2})', 'hour'],
  ['H', '(\\d{1,2})', 'hour'],
  ['mm', '(\\d{2})', 'minute'],
  ['ss', '(\\d{2})', 'second'],
];
const TWO_DIGIT_CENTURY = 2_000;
const MEMORY = 10_000;

type Format = Readonly<{ pattern: RegExp; parts: readonly Part[] }>;

/** Compiles `M/D/YY H:mm`: tokens YYYY YY MM M DD D HH H mm ss, all else stands for itself. YY is 2000 to 2099. */
function compile(format: string): Format {
  const parts: Part[] = [];
  let pattern = '';
  for (let rest = format; rest !== '';) {
    const known = TOKENS.find(([token]) => rest.startsWith(token));
    if (known === undefined) {
      pattern += rest.charAt(0).replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
      rest = rest.slice(1);
      continue;
    }
    const [token, digits, part] = known;
    pattern += digits;
    parts.push(part);
    rest = rest.slice(token.length);
  }
  return { pattern: new RegExp(`^${pattern}$`), parts };
}

/** Whether a format names at least year, month and day. */
export function isDateFormat(format: string): boolean {
  const { parts } = compile(format);
  return ['year', 'month', 'day'].every((part) => parts.filter((each) => each === part).length === 1);
}

function wallTime(text: string, { pattern, parts }: Format): WallTimeMs | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const value: Record<Part, number> = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const [index, part] of parts.entries()) {
    const digits = match[index + 1] ?? '';
    value[part] = Number(digits) + (part === 'year' && digits.length === 2 ? TWO_DIGIT_CENTURY : 0);
  }
  const { year, month, day, hour, minute, second } = value;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const wallMs = Date.UTC(year, month - 1, day, hour, minute, second);
  // Date.UTC takes the 31st of February for a day in March.
  const date = new Date(wallMs);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? wallMs : undefined;
}

/** Reads the times of an export; lines of one invoice carry the same text, so the last answers are remembered. */
export class TimeReader {
  readonly #formats: readonly Format[];
  readonly #zone: TimeZone;
  readonly #known = new Map<string, number | undefined>();

  constructor(formats: readonly string[], zone: string) {
    this.#formats = formats.map(compile);
    this.#zone = timeZone(zone);
  }

  /** UTC in milliseconds, or `undefined` when no format fits or there is no such day or hour. */
  read(text: string): number | undefined {
    if (this.#known.has(text)) return this.#known.get(text);
    const wallMs = this.#formats.map((format) => wallTime(text, format)).find((value) => value !== undefined);
    const utcMs = wallMs === undefined ? undefined : this.#zone.toUtcMs(wallMs);
    if (this.#known.size >= MEMORY) this.#known.clear();
    this.#known.set(text, utcMs);
    return utcMs;
  }
}
