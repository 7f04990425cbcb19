/// <reference lib="esnext.error" />

/** What stands where a secret was. */
export const REDACTED = '***';

/** Deeper than any record of ours; what lies below is dropped rather than passed on unseen. */
const MAX_DEPTH = 24;

/**
 * Keys whose value is a secret whatever it looks like, compared without case, `-`, `_` and `.`.
 * `token` in the singular only: `input_tokens` is a count that operators need.
 */
const SECRET_KEY =
  /authorization|cookie|apikey|passw|passphrase|pwd|secret|token(?!s)|credential|(?:private|encryption|access|signing|session)key|connectionstring/;

const SECRET_WORD =
  '(?:password|passwd|passphrase|pwd|secret|token|credentials?|authorization|cookie|(?:api|private|encryption|access|signing|secret)[-_. ]?key)';

/** Secrets that show by their shape, wherever they stand in a text. */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REDACTED],
  // Greedy up to the last @ of the run: a password may hold an @ that nobody escaped.
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):[^\s"]*@/gi, `$1:${REDACTED}@`],
  [/\b((?:nats|tls|wss?):\/\/)[^\s:@/"]+@/gi, `$1${REDACTED}@`],
  [/\b(bearer)\s+[^\s"',;]+/gi, `$1 ${REDACTED}`],
  // `Authorization: Basic dXNlcg==` has two words after the colon, the scheme and the secret.
  [/(authorization["']?\s*[:=]\s*["']?[a-z]+)\s+(?!\*)[^\s"',;]+/gi, `$1 ${REDACTED}`],
  [
    new RegExp(
      String.raw`([\w-]*${SECRET_WORD}\b\\?["']?\s*[=:]\s*)(?!\*{3}|(?:basic|bearer|digest|negotiate)\s)(?:\\?"(?:[^"\\]|\\(?!"))*\\?"|'[^']*'|[^\s,;&"'}\])]+)`,
      'gi',
    ),
    `$1${REDACTED}`,
  ],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, REDACTED],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  [/\bAKIA[0-9A-Z]{16}\b/g, REDACTED],
  [/\bS[UANCOX][A-Z2-7]{56}\b/g, REDACTED],
];

/** A cheap superset of everything above: a text without any of it is passed on as it is. */
const SUSPECT =
  /auth|cookie|pass|pwd|secret|token|credential|key|connection[-_. ]?string|bearer|:\/\/|sk-|eyJ|AKIA|\bS[UANCOX][A-Z2-7]{56}/i;

const protectedValues = new Set<string>();

/**
 * Makes redaction remove this very value wherever it appears: how secrets from the configuration stay out of logs even
 * when some library prints them in a form that nobody foresaw. Values under 6 characters are refused, since they
 * would blot out ordinary words.
 *
 * @returns whether the value is protected from now on
 */
export function protectSecret(value: string): boolean {
  if (value.length < 6) return false;
  protectedValues.add(value);
  return true;
}

/**
 * A deep copy that is safe to log, send or store: secrets are replaced by `***`, by key, by shape and by value.
 * Errors become plain objects with type, message, stack, cause and their own fields; cycles, functions and what lies
 * below 24 levels are replaced by a word. Never throws: what cannot be read becomes `[unreadable]` as a whole.
 */
export function redact(value: unknown): unknown {
  try {
    return redactValue(value, new Set(), 0);
  } catch {
    // A getter or proxy of the value threw; who logs must not fail for that, nor may the value go out unseen.
    return '[unreadable]';
  }
}

/** `redact` for one text, e.g. the message of an error. */
export function redactText(text: string): string {
  let result = text;
  for (const secret of protectedValues) result = result.replaceAll(secret, REDACTED);
  if (!SUSPECT.test(result)) return result;
  for (const [shape, replacement] of SHAPES) result = result.replace(shape, replacement);
  return result;
}

/** `redact` for one line of JSON as the logger writes it; most lines pass without being parsed. */
export function redactLine(line: string): string {
  if (!SUSPECT.test(line) && !holdsProtectedValue(line)) return line;
  try {
    return `${JSON.stringify(redact(JSON.parse(line)))}\n`;
  } catch {
    // Not JSON after all: a log call must not fail, and text can be redacted too.
    return redactText(line);
  }
}

/** What may be told about anything that was thrown. */
export function describeError(error: unknown): { name: string; message: string; stack: string | undefined } {
  if (!isError(error)) return { name: typeof error, message: redactText(String(error)), stack: undefined };
  const stack = error.stack === undefined ? undefined : redactText(error.stack);
  return { name: error.name, message: redactText(error.message), stack };
}

/** True for errors of another realm (a vm context, a test runner) too. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Error.isError(value);
}

function holdsProtectedValue(line: string): boolean {
  for (const secret of protectedValues) {
    if (line.includes(secret) || line.includes(JSON.stringify(secret).slice(1, -1))) return true;
  }
  return false;
}

function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.toLowerCase().replaceAll(/[-_.\s]/g, ''));
}

function redactValue(value: unknown, ancestors: ReadonlySet<object>, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (ancestors.has(value)) return '[circular]';
  if (depth >= MAX_DEPTH) return '[too deep]';
  return redactObject(value, new Set(ancestors).add(value), depth + 1);
}

function redactObject(value: object, within: ReadonlySet<object>, depth: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '[invalid date]' : value.toISOString();
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redactValue(item, within, depth));
  if (value instanceof Set) return [...value].map((item) => redactValue(item, within, depth));
  return redactEntries(entriesOf(value), within, depth);
}

function redactEntries(
  entries: Iterable<readonly [unknown, unknown]>,
  ancestors: ReadonlySet<object>,
  depth: number,
): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of entries) {
    const name = typeof key === 'object' && key !== null ? '[object]' : String(key);
    const hidden = isSecretKey(name) && value !== undefined && value !== null;
    // Defined, not assigned: a key named __proto__ must stay a key.
    Object.defineProperty(safe, redactText(name), {
      value: hidden ? REDACTED : redactValue(value, ancestors, depth),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return safe;
}

function entriesOf(value: object): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value;
  if (!isError(value)) return Object.entries(value);
  const { name, message, stack, cause } = value;
  const described = Object.entries({ type: name, message, stack, ...(cause === undefined ? {} : { cause }) });
  return [...described, ...Object.entries(value)];
}
