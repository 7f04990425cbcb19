import { parseArgs } from 'node:util';
import { text } from './fields.ts';

export type LaunchOptions = Readonly<{
  /** Remove all data of earlier runs first. */
  fresh: boolean;
  /** Feed the services with the simulated restaurant. */
  simulation: boolean;
  /** Days of history that it begins with; the simulation has its own default. */
  history: number | undefined;
  /** Simulated time per real time; the simulation has its own default. */
  speed: number | undefined;
  /** Where the simulation's chance begins; the simulation has its own default. */
  seed: number | undefined;
}>;

export const USAGE = `Usage: npm start -- [options]

Runs PostgreSQL, nats-server, the four services and a simulated restaurant on this machine. Ctrl-C stops it all;
the next start goes on from the same data, which is in .local/.

  --fresh           begin anew: remove the data of earlier runs
  --no-simulation   start the services only
  --history <days>  how much of its past the restaurant begins with (default 90; agents compare with it)
  --speed <n>       how many times faster than the clock the restaurant lives then (default 600)
  --seed <n>        another restaurant of the same kind: the same number gives the same one
  --help            show this

Environment: DATABASE_URL, NATS_URL    use these servers rather than start some
             ANTHROPIC_API_KEY         let Claude decide; without it rules do
             LOG_LEVEL                 debug, info (default), warn, error`;

/** The command line is wrong; the message says how. */
export class WrongUsage extends Error {}

function numberOf(text: string | undefined, option: string, isValid: (value: number) => boolean): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !isValid(value))
    throw new WrongUsage(`--${option} ${text}: give a number such as --${option} 60.`);
  return value;
}

/**
 * Reads the command line.
 *
 * @returns 'help' when that is asked for
 * @throws WrongUsage
 */
export function readOptions(args: readonly string[]): LaunchOptions | 'help' {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        fresh: { type: 'boolean', default: false },
        simulation: { type: 'boolean', default: true },
        history: { type: 'string' },
        speed: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
      allowNegative: true,
    });
    if (values.help) return 'help';
    return {
      fresh: values.fresh,
      simulation: values.simulation,
      history: numberOf(values.history, 'history', (days) => Number.isInteger(days) && days >= 0),
      speed: numberOf(values.speed, 'speed', (speed) => Number.isFinite(speed) && speed > 0),
      seed: numberOf(values.seed, 'seed', Number.isSafeInteger),
    };
  } catch (error) {
    if (text(error, 'code').startsWith('ERR_PARSE_ARGS')) {
      throw new WrongUsage(text(error, 'message'), { cause: error });
    }
    throw error;
  }
}
