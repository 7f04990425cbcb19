import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { instantSchema, tenantIdSchema } from '#libs/contracts';
import { DomainError } from '#libs/kernel';

const stateSchema = z.strictObject({
  version: z.literal(1),
  seed: z.int(),
  from: instantSchema,
  tenant: tenantIdSchema,
  /** Counter of the first event of the last confirmed batch: a restart begins with it. */
  lastBatchFrom: z.int().positive(),
  /** Counter of the last event that the API confirmed; 0 for none. */
  lastConfirmed: z.int().nonnegative(),
  /** How far the simulated clock had come. */
  simulatedTime: instantSchema,
});

/** How far a simulation is. */
export type SimulationState = Readonly<z.output<typeof stateSchema>>;

/** The file holds something else than the state of this simulation. */
export class UnusableState extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'simulation/unusable-state';
}

/** Where a new simulation begins. */
export function newState(seed: number, from: Date, tenant: string): SimulationState {
  const time = from.toISOString();
  return { version: 1, seed, from: time, tenant, lastBatchFrom: 1, lastConfirmed: 0, simulatedTime: time };
}

/**
 * What an earlier run left, or nothing when there is no file.
 * @throws UnusableState
 */
export function readState(file: string): SimulationState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new UnusableState(`${file} cannot be read: check its permissions.`, { cause: error });
  }
  const state = stateSchema.safeParse(jsonOf(text));
  if (!state.success) {
    throw new UnusableState(`${file} is no state of a simulation. Remove it to begin a new restaurant.`);
  }
  return state.data;
}

/** Replaces the file as a whole: whoever reads it finds the old or the new state. */
export function saveState(file: string, state: SimulationState): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/**
 * The restaurant to go on with. What the command line names must be the same as what the file holds: two restaurants
 * in one tenant would share item numbers, and their stocks would mix.
 * @throws UnusableState
 */
export function resume(
  stored: SimulationState,
  wanted: Readonly<{ seed: number | undefined; from: Date | undefined; tenant: string }>,
  file: string,
): SimulationState {
  const differences = [
    ...(wanted.seed !== undefined && wanted.seed !== stored.seed ? [`seed ${stored.seed}`] : []),
    ...(wanted.from !== undefined && wanted.from.toISOString() !== new Date(stored.from).toISOString()
      ? [`start ${stored.from}`]
      : []),
    ...(wanted.tenant !== stored.tenant ? [`tenant ${stored.tenant}`] : []),
  ];
  if (differences.length === 0) return stored;
  throw new UnusableState(
    `${file} holds the restaurant with ${differences.join(', ')}. ` +
      'Go on with that one by leaving the option away, or name another --state file (and start with fresh data).',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the schema refuses it
  }
}
