import { parseArgs } from 'node:util';
import { DomainError } from '#libs/kernel';
import { readConnection } from '../tools/publisher/connection.ts';
import type { Connection } from '../tools/publisher/connection.ts';
import { SCENARIO_NAMES, scenarioOf, type PlannedScenario } from './plan/scenarios.ts';

export const USAGE = `Usage: node simulation/main.ts [options]

Lives the days of a small business and publishes what happens in it, by POST <url>/v1/events: first its history, as
fast as that goes, then day by day.

  --business <file>   which business: its settings with the key simulation (default config/restaurant.yaml)
  --history <days>    days of history before real time goes on (default: what the file says, 90)
  --speed <n>         simulated seconds per real second after the history (default: what the file says, 600: a day
                      in 2.4 minutes; at most 1000000)
  --seed <n>          another business of the same kind: the same number gives the same one (default 1)
  --scenario <name>   something that befalls it: ${SCENARIO_NAMES.join(', ')};
                      with the day on which it begins, counted from the first, as seasonal-rush@30
                      (default: the day after the history); may be given more than once
  --labels <file>     append what was planted to this file, a line of JSON each; it is published nowhere
  --url <address>     of the agent-service (default http://127.0.0.1:8000)
  --state <file>      where it keeps how far it is; the next run with this file goes on there
  --from <time>       when its life begins, ISO 8601 (default: so that its history ends at 08:00 by its own
                      clock, the latest that has passed)
  --days <n>          stop after so many simulated days since its beginning (default: never)
  --tenant <name>     whose business it is (default demo)
  --api-key <key>     or STEWARD_API_KEY in the environment, which other users of the machine cannot see
  --help              show this`;

export type SimulationOptions = Readonly<{
  connection: Connection;
  /** Undefined: the restaurant's. */
  businessFile: string | undefined;
  historyDays: number | undefined;
  /** Simulated seconds per real second. */
  speed: number | undefined;
  seed: number | undefined;
  /** As given; see {@link plannedScenarios}. */
  scenarios: readonly string[] | undefined;
  labelsFile: string | undefined;
  stateFile: string | undefined;
  from: Date | undefined;
  days: number | undefined;
}>;

/** The command line is wrong; the message says how. */
export class WrongUsage extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'simulation/wrong-usage';
}

const HIGHEST_SPEED = 1_000_000;
const LONGEST_DAYS = 36_500;
const LONGEST_HISTORY_DAYS = 3_650;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Reads the command line.
 * @returns 'help' when that is asked for
 * @throws WrongUsage
 * @throws WrongConnection
 */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SimulationOptions | 'help' {
  const values = parsed(args);
  if (values.help === true) return 'help';
  plannedScenarios(values.scenario ?? [], 0);
  return {
    connection: readConnection(
      { url: values.url, tenant: values.tenant, apiKey: values['api-key'] },
      environment['STEWARD_API_KEY'],
    ),
    businessFile: values.business,
    historyDays: numberOf(
      'history',
      values.history,
      (days) => Number.isInteger(days) && days >= 0 && days <= LONGEST_HISTORY_DAYS,
    ),
    speed: numberOf('speed', values.speed, (speed) => speed > 0 && speed <= HIGHEST_SPEED),
    seed: numberOf('seed', values.seed, Number.isSafeInteger),
    scenarios: values.scenario,
    labelsFile: values.labels,
    stateFile: values.state,
    from: timeOf(values.from),
    days: numberOf('days', values.days, (days) => days > 0 && days <= LONGEST_DAYS),
  };
}

/**
 * Reads what `--scenario` said.
 * @throws WrongUsage
 */
export function plannedScenarios(texts: readonly string[], usualDay: number): readonly PlannedScenario[] {
  return texts.map((text) => {
    const scenario = scenarioOf(text, usualDay);
    if (scenario !== undefined) return scenario;
    throw new WrongUsage(
      `--scenario ${text}: give one of ${SCENARIO_NAMES.join(', ')}, perhaps with a day as in x@30.`,
    );
  });
}

type Texts =
  'business' | 'history' | 'speed' | 'seed' | 'labels' | 'url' | 'state' | 'from' | 'days' | 'tenant' | 'api-key';
type Values = Readonly<Partial<Record<Texts, string>> & { scenario?: string[]; help?: boolean }>;

function parsed(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        business: { type: 'string' },
        history: { type: 'string' },
        speed: { type: 'string' },
        seed: { type: 'string' },
        scenario: { type: 'string', multiple: true },
        labels: { type: 'string' },
        url: { type: 'string' },
        state: { type: 'string' },
        from: { type: 'string' },
        days: { type: 'string' },
        tenant: { type: 'string' },
        'api-key': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : String(error)} See --help.`, { cause: error });
  }
}

function numberOf(name: string, text: string | undefined, isValid: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !isValid(value)) throw new WrongUsage(`--${name} ${text}: no such number. See --help.`);
  return value;
}

function timeOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!ISO_TIME.test(text) || Number.isNaN(time.getTime())) {
    throw new WrongUsage(`--from ${text}: give a time such as 2026-11-22T11:00:00Z.`);
  }
  return time;
}
