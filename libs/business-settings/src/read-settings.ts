import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';
import type { z } from 'zod';
import { DomainError, type Violation } from '#libs/kernel';
import { businessSettingsSchema, type BusinessSettings } from './business-settings.ts';

/** A file of settings cannot be read, or says what it may not say. */
export class SettingsInvalid extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'settings/invalid';
  override readonly violations: readonly Violation[];

  constructor(where: string, violations: readonly Violation[], options?: ErrorOptions) {
    const list = violations.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
    super(`${where} cannot be used: ${list}.`, options);
    this.violations = violations;
  }
}

/** Where what other systems keep in such a file is set here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  database: 'is set by DATABASE_URL',
  anthropic: 'is set by ANTHROPIC_API_KEY and CLAUDE_MODEL',
  logging: 'is set by LOG_LEVEL',
  api: 'is set by PORT',
  dashboard: 'is not read',
};

/**
 * Reads `config/<business>.yaml`: the keys `business` and `agents`, and gives back `simulation` as it stands.
 * @throws SettingsInvalid with all that is wrong, by key
 */
export function readSettingsFile(file: string): Readonly<{ settings: BusinessSettings; simulation: unknown }> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SettingsInvalid(file, [{ pointer: '', detail }], { cause: error });
  }
  return parseSettings(text, file);
}

/**
 * Reads the text of a settings file; see {@link readSettingsFile}.
 * @throws SettingsInvalid
 */
export function parseSettings(
  text: string,
  where: string,
): Readonly<{ settings: BusinessSettings; simulation: unknown }> {
  const document = documentOf(text, where);
  const misplaced = Object.keys(document).flatMap((key) => {
    const hint = ELSEWHERE[key];
    return hint === undefined ? [] : [{ pointer: key, detail: hint }];
  });
  if (misplaced.length > 0) throw new SettingsInvalid(where, misplaced);
  const { simulation, ...rest } = document;
  return { settings: checkSettings(camelKeys(rest), where), simulation: camelKeys(simulation) };
}

/**
 * Checks settings that came by another way than a file; keys in camelCase.
 * @throws SettingsInvalid
 */
export function checkSettings(value: unknown, where: string): BusinessSettings {
  return checkedBy(businessSettingsSchema, value, where);
}

/**
 * Checks a part of a settings file against its schema; keys in camelCase.
 * @throws SettingsInvalid whose pointers are the file's own keys, `agents.hr.check_interval`
 */
export function checkedBy<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new SettingsInvalid(where, result.error.issues.flatMap(violationsOf));
}

function violationsOf(issue: z.core.$ZodIssue): readonly Violation[] {
  const place = issue.path.map((key) => snakeCase(String(key)));
  if (issue.code !== 'unrecognized_keys') return [{ pointer: place.join('.'), detail: issue.message }];
  return issue.keys.map((key) => ({
    pointer: [...place, snakeCase(key)].join('.'),
    detail: 'is no known setting',
  }));
}

function documentOf(text: string, where: string): Readonly<Record<string, unknown>> {
  try {
    const document: unknown = parse(text);
    if (typeof document === 'object' && document !== null && !Array.isArray(document)) return { ...document };
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new SettingsInvalid(where, [{ pointer: '', detail: error.message }], { cause: error });
  }
  throw new SettingsInvalid(where, [{ pointer: '', detail: 'must have the keys business and agents' }]);
}

/** Files write `check_interval`, code `checkInterval`. */
function camelKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [camelCase(key), camelKeys(inner)]));
}

const camelCase = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
