import { hostname } from 'node:os';
import type { z } from 'zod';
import { protectSecret } from '#libs/observability';
import { ConfigurationInvalid } from './configuration.errors.ts';
import type { ConfigurationProblem } from './configuration.errors.ts';
import { notesOf } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads a whole text file; throws when it cannot. */
export type ReadFile = (path: string) => string;

/** A zod object of settings, such as `baseConfiguration.extend({ ... })`. */
export type ConfigurationSchema<Configuration> = z.ZodType<Configuration> &
  Readonly<{ shape: Readonly<Record<string, unknown>> }>;

type Values = Map<string, string>;
type Shape = Readonly<Record<string, unknown>>;

const REQUIRED_IN_PRODUCTION = ['SECRET_KEY', 'ENCRYPTION_KEY', 'DATABASE_URL', 'NATS_URL', 'API_KEYS'];

/**
 * Parses the environment once, at start.
 *
 * `NAME_FILE` names a file that holds the value of `NAME` (surrounding white space is dropped); an empty variable counts as
 * absent; variables that the schema does not know are ignored. The result is frozen.
 * From then on the values of secrets are removed from everything that is logged or reported, wherever they appear.
 *
 * @throws ConfigurationInvalid naming every wrong variable; it never contains the value of a secret
 */
export function loadConfiguration<Configuration>(
  schema: ConfigurationSchema<Configuration>,
  environment: Environment,
  readFile: ReadFile,
): Readonly<Configuration> {
  const problems: ConfigurationProblem[] = [];
  const given = new Map<string, string>();
  for (const [name, field] of Object.entries(schema.shape)) {
    const value = valueOf(name, { environment, readFile, problems, expected: notesOf(field).expected });
    if (value === undefined) continue;
    given.set(name, value);
    if (notesOf(field).secret) protectSecret(value);
  }

  const parsed = schema.safeParse(Object.fromEntries([...startDefaults(given), ...given]));
  const unreadable = new Set(problems.map(({ name }) => name));
  const wrong = parsed.success ? [] : wrongVariables(parsed.error, schema.shape, given);
  problems.push(
    ...wrong.filter(({ name }) => !unreadable.has(name)),
    ...missingTogether(schema.shape, given).filter(({ name }) => !unreadable.has(name)),
  );
  if (problems.length > 0 || !parsed.success) throw new ConfigurationInvalid(problems);
  return Object.freeze(parsed.data);
}

type Source = Readonly<{
  environment: Environment;
  readFile: ReadFile;
  problems: ConfigurationProblem[];
  expected: string;
}>;

function valueOf(name: string, { environment, readFile, problems, expected }: Source): string | undefined {
  const direct = environment[name]?.trim();
  const path = environment[`${name}_FILE`]?.trim();
  if (!path) return direct === '' ? undefined : direct;
  if (direct) {
    problems.push({ name, problem: `and ${name}_FILE are both set`, expected: 'only one of them' });
    return undefined;
  }
  try {
    const text = readFile(path).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    problems.push({ name, problem: `cannot be read: ${name}_FILE names ${path} (${reasonOf(error)})`, expected });
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return error instanceof Error ? error.name : 'unknown error';
}

/** Defaults that depend on the machine or on where the service runs. */
function startDefaults(given: Values): Values {
  const isDevelopment = (given.get('ENVIRONMENT') ?? 'development') === 'development';
  return new Map([
    [
      'INSTANCE_ID',
      `${hostname()
        .replaceAll(/[^\w.-]/g, '-')
        .slice(0, 80)}-${process.pid}`,
    ],
    ['HOST', isDevelopment ? '127.0.0.1' : '0.0.0.0'],
    ['AUTHENTICATION', isDevelopment ? 'off' : 'on'],
  ]);
}

function wrongVariables(error: z.ZodError, shape: Shape, given: Values): ConfigurationProblem[] {
  const names = new Set(error.issues.map((issue) => String(issue.path[0] ?? '')));
  return [...names].map((name) => {
    const { expected, secret } = notesOf(shape[name]);
    const value = given.get(name);
    if (value === undefined) return { name, problem: 'is missing', expected };
    if (!secret) return { name, problem: `is "${value.slice(0, 80)}"`, expected };
    const places = error.issues.filter((issue) => issue.path[0] === name && issue.path.length > 1);
    const where = [...new Set(places.map((issue) => issue.path.slice(1).join('.')))].join(', ');
    return { name, problem: where === '' ? 'has no correct value (not shown)' : `is wrong at ${where}`, expected };
  });
}

/** Rules that look at more than one variable. Those on names that the schema lacks do not apply. */
function missingTogether(shape: Shape, given: Values): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const lacks = (name: string): boolean => name in shape && !given.has(name);
  if (given.get('ENVIRONMENT') === 'production') {
    for (const name of REQUIRED_IN_PRODUCTION.filter(
      (required) => lacks(required) || isEmptyList(given.get(required)),
    )) {
      problems.push({ name, problem: 'is missing in production', expected: notesOf(shape[name]).expected });
    }
    if (given.get('AUTHENTICATION') === 'off') {
      problems.push({ name: 'AUTHENTICATION', problem: 'is "off" in production', expected: 'on' });
    }
  }
  if (given.has('NATS_USER') && lacks('NATS_PASSWORD')) {
    problems.push({ name: 'NATS_PASSWORD', problem: 'is missing although NATS_USER is set', expected: 'both or none' });
  }
  if (given.has('NATS_PASSWORD') && lacks('NATS_USER')) {
    problems.push({ name: 'NATS_USER', problem: 'is missing although NATS_PASSWORD is set', expected: 'both or none' });
  }
  return problems;
}

function isEmptyList(text: string | undefined): boolean {
  return text !== undefined && /^\[\s*\]$/.test(text);
}
