import { parseArgs } from 'node:util';
import { DomainError } from '#libs/kernel';
import { readConnection } from '../tools/publisher/connection.ts';
import type { Connection } from '../tools/publisher/connection.ts';

export const USAGE = `Usage: node simulation/main.ts [options]

Lives the days of a small restaurant and publishes what happens in it, by POST <url>/v1/events.

  --url <address>    of the agent-service (default http://127.0.0.1:8000)
  --speed <n>        simulated seconds per real second (default 600: a day in 2.4 minutes; at most 1000000)
  --seed <n>         another restaurant of the same kind: the same number gives the same one (default 1)
  --state <file>     where it keeps how far it is; the next run with this file goes on there
  --from <time>      when its life begins, ISO 8601 (default: 11:00 UTC, the latest that has passed)
  --days <n>         stop after so many simulated days since its beginning (default: never)
  --tenant <name>    whose business it is (default demo)
  --api-key <key>    or STEWARD_API_KEY in the environment, which other users of the machine cannot see
  --help             show this`;

export type SimulationOptions = Readonly<{
  connection: Connection;
  /** Simulated seconds per real second. */
  speed: number;
  seed: number | undefined;
  stateFile: string | undefined;
  from: Date | undefined;
  days: number | undefined;
}>;

/** The command line is wrong; the message says how. */
export class WrongUsage extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'simulation/wrong-usage';
}

const DEFAULT_SPEED = 600;
const HIGHEST_SPEED = 1_000_000;
const LONGEST_DAYS = 36_500;
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
  return {
    connection: readConnection(
      { url: values.url, tenant: values.tenant, apiKey: values['api-key'] },
      environment['STEWARD_API_KEY'],
    ),
    speed: numberOf('speed', values.speed, (speed) => speed > 0 && speed <= HIGHEST_SPEED) ?? DEFAULT_SPEED,
    seed: numberOf('seed', values.seed, Number.isSafeInteger),
    stateFile: values.state,
    from: timeOf(values.from),
    days: numberOf('days', values.days, (days) => days > 0 && days <= LONGEST_DAYS),
  };
}

type Values = Readonly<
  Partial<Record<'url' | 'speed' | 'seed' | 'state' | 'from' | 'days' | 'tenant' | 'api-key', string>> & {
    help?: boolean;
  }
>;

function parsed(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        url: { type: 'string' },
        speed: { type: 'string' },
        seed: { type: 'string' },
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
