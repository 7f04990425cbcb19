import { z } from 'zod';
import type { ConfigValues, FieldRules } from './config-values.ts';
import { isSame, valuesOf } from './config-values.ts';

const NOTE = /\s*\[Steward applied (\{.*\})\]/s;
const noteSchema = z.record(z.string(), z.unknown());

/**
 * What we applied last is kept in the description, the one place that nats-server 2.9 has for it: as text for people, then
 * `[Steward applied {...}]` with the values that are not the server's standard. Who changes the configuration by hand
 * leaves the note as it is, and so is found out.
 *
 * @returns nothing when there is no note that can be read
 */
export function appliedValues(description: unknown, rules: FieldRules): ConfigValues | undefined {
  const [, json] = typeof description === 'string' ? (NOTE.exec(description) ?? []) : [];
  if (json === undefined) return undefined;
  const parsed = noteSchema.safeParse(parseJson(json));
  return parsed.success ? valuesOf(parsed.data, rules) : undefined;
}

/** The description with the note about these values; the text that somebody wrote before it stays. */
export function withNote(description: unknown, text: string, values: ConfigValues, rules: FieldRules): string {
  const written = typeof description === 'string' ? description.replace(NOTE, '').trim() : '';
  const special = Object.entries(values).filter(([field, value]) => !isSame(value, rules[field]?.absent));
  return `${written === '' ? text : written} [Steward applied ${JSON.stringify(Object.fromEntries(special))}]`;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // no note of ours: somebody wrote over it
  }
}
