import type { Violation } from '#libs/kernel';
import { jsonPointer } from './violations.ts';

const MAXIMUM_DEPTH = 64;
const MAXIMUM_VIOLATIONS = 50;
const LONE_SURROGATE = /\p{Cs}/u;

type Visit = Readonly<{ value: unknown; path: readonly PropertyKey[] }>;

/**
 * What in a JSON value no database column of ours can hold: the character U+0000, half of a surrogate pair, and
 * nesting deeper than 64. Postgres refuses the first two in `jsonb`, so they are refused at the door.
 * Iterative, so that nesting cannot exhaust the stack.
 */
export function unstorableParts(value: unknown, under: readonly PropertyKey[] = []): Violation[] {
  const violations: Violation[] = [];
  const pending: Visit[] = [{ value, path: under }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const found = troubleWith(next, under.length);
    if (found === undefined) pending.push(...childrenOf(next));
    else violations.push({ pointer: jsonPointer(next.path), detail: found });
    if (violations.length === MAXIMUM_VIOLATIONS) break;
  }
  return violations;
}

function troubleWith({ value, path }: Visit, baseDepth: number): string | undefined {
  if (path.length - baseDepth > MAXIMUM_DEPTH) return `is nested deeper than ${MAXIMUM_DEPTH} levels`;
  const key = path.at(-1);
  if (typeof key === 'string' && !isStorable(key)) return 'has a name with U+0000 or half of a surrogate pair';
  if (typeof value === 'string' && !isStorable(value)) return 'contains U+0000 or half of a surrogate pair';
  return undefined;
}

function childrenOf({ value, path }: Visit): Visit[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.map((item: unknown, index) => ({ value: item, path: [...path, index] }));
  return Object.entries(value).map(([key, item]: [string, unknown]) => ({ value: item, path: [...path, key] }));
}

function isStorable(text: string): boolean {
  return !text.includes('\u0000') && !LONE_SURROGATE.test(text);
}
