import { parseArgs } from 'node:util';

export const HELP = `Lets the agents look after simulated businesses in which anomalies and situations were planted, and scores what they decide.

  npm run evaluate                       90 days of both businesses through the real service on a real Postgres
  npm run evaluate -- --in-memory        the same without servers: the same decisions, faster

  --days <n>        simulated days of each business (default 90)
  --seed <n>        other businesses of the same kinds (default 1)
  --business <b>    restaurant, retail or both (default both)
  --list            tells each false alarm, each thing that nobody decided, and each repeat
  --json            prints all of it as JSON instead
  --help            shows this

It exits with 1 when something is not as wanted, with 2 when the options are wrong.
`;

const BUSINESSES = ['restaurant', 'retail'] as const;
export type BusinessName = (typeof BUSINESSES)[number];

export type Options = Readonly<{
  days: number;
  seed: number;
  businesses: readonly BusinessName[];
  inMemory: boolean;
  list: boolean;
  json: boolean;
}>;

/** What is wrong with the command line. */
export class WrongOptions extends Error {}

const MOST_DAYS = 1_000;

/** @returns 'help' when that is asked for. @throws WrongOptions */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  return {
    days: wholeNumber('--days', values.days, { from: 1, to: MOST_DAYS }),
    seed: wholeNumber('--seed', values.seed, { from: 0, to: Number.MAX_SAFE_INTEGER }),
    businesses: businessesOf(values.business),
    inMemory: values['in-memory'],
    list: values.list,
    json: values.json,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        days: { type: 'string', default: '90' },
        seed: { type: 'string', default: '1' },
        business: { type: 'string', default: 'both' },
        'in-memory': { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    throw new WrongOptions(error instanceof Error ? error.message : String(error));
  }
}

function businessesOf(text: string): readonly BusinessName[] {
  if (text === 'both') return BUSINESSES;
  const name = BUSINESSES.find((business) => business === text);
  if (name === undefined) throw new WrongOptions(`--business is "${text}"; it takes restaurant, retail or both.`);
  return [name];
}

function wholeNumber(name: string, text: string, { from, to }: Readonly<{ from: number; to: number }>): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= from && value <= to) return value;
  throw new WrongOptions(`${name} is "${text}"; it takes a whole number from ${from} to ${to}.`);
}
