import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { businessSettingsSchema } from '#libs/business-settings';
import { instantSchema, tenantIdSchema } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import { SCENARIO_NAMES, scenarioText, type PlannedScenario } from './plan/scenarios.ts';
import { simulationProfileSchema } from './profile.ts';
import type { Story } from './story.ts';

/** Rises when the same story gives other events than before; a story of another generation cannot go on. */
const GENERATION = 1;

const scenarioSchema = z.strictObject({ name: z.enum(SCENARIO_NAMES), beginDay: z.int().nonnegative() });

const stateSchema = z.strictObject({
  version: z.literal(2),
  generation: z.int(),
  seed: z.int(),
  from: instantSchema,
  tenant: tenantIdSchema,
  historyDays: z.int().nonnegative(),
  scenarios: z.array(scenarioSchema),
  /** As they were when the story began: whoever changes the file later does not change what has happened. */
  settings: businessSettingsSchema,
  profile: simulationProfileSchema,
  /** Counter of the first event of the last confirmed batch: a restart begins with it. */
  lastBatchFrom: z.int().positive(),
  /** Counter of the last event that the API confirmed; 0 for none. */
  lastConfirmed: z.int().nonnegative(),
  /** How far the simulated clock had come. */
  simulatedTime: instantSchema,
});

/** How far a simulation is, and of which story. */
export type SimulationState = Readonly<z.output<typeof stateSchema>>;

/** The file holds something else than the state of this simulation. */
export class UnusableState extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'simulation/unusable-state';
}

/** Where a new simulation begins. */
export function newState(story: Story & Readonly<{ tenant: string }>): SimulationState {
  const { settings, profile, seed, tenant, historyDays = profile.historicalDays, scenarios = [] } = story;
  const time = story.from.toISOString();
  return {
    version: 2,
    generation: GENERATION,
    seed,
    from: time,
    tenant,
    historyDays,
    scenarios: [...scenarios],
    settings,
    profile,
    lastBatchFrom: 1,
    lastConfirmed: 0,
    simulatedTime: time,
  };
}

/** The story that a state belongs to. */
export function storyOf({ settings, profile, seed, from, tenant, historyDays, scenarios }: SimulationState): Story {
  return { settings, profile, seed, from: new Date(from), tenant, historyDays, scenarios };
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
  if (!state.success || state.data.generation !== GENERATION) {
    throw new UnusableState(
      `${file} is no state of a simulation that this version can go on with. Remove it to begin a new business ` +
        '(with fresh data: npm start -- --fresh).',
    );
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

/** What the command line says about a story; what it does not say is `undefined`. */
export type WantedStory = Readonly<{
  seed: number | undefined;
  from: Date | undefined;
  tenant: string;
  historyDays: number | undefined;
  /** Name of the business, when a settings file was named. */
  businessName: string | undefined;
  scenarios: readonly PlannedScenario[] | undefined;
}>;

/**
 * The business to go on with. What the command line names must be the same as what the file holds: two businesses
 * in one tenant would share item numbers, and their stocks would mix.
 * @throws UnusableState
 */
export function resume(stored: SimulationState, wanted: WantedStory, file: string): SimulationState {
  const told = (scenarios: readonly PlannedScenario[]): string => scenarios.map(scenarioText).join(', ');
  const compared: readonly (readonly [what: string, wanted: unknown, stored: unknown])[] = [
    ['seed', wanted.seed, stored.seed],
    ['start', wanted.from?.toISOString(), new Date(stored.from).toISOString()],
    ['tenant', wanted.tenant, stored.tenant],
    ['history of days', wanted.historyDays, stored.historyDays],
    ['name', wanted.businessName, stored.settings.business.name],
    ['scenarios', wanted.scenarios && told(wanted.scenarios), told(stored.scenarios)],
  ];
  const differences = compared
    .filter(([, wish, fact]) => wish !== undefined && wish !== fact)
    .map(([what, , fact]) => `${what} ${String(fact)}`);
  if (differences.length === 0) return stored;
  throw new UnusableState(
    `${file} holds the business with ${differences.join(', ')}. ` +
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
