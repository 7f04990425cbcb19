import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { publicKeysFrom } from '#libs/event-store';

export const SERVICES = ['agent', 'health', 'maintenance', 'recovery'] as const;
export type ServiceName = (typeof SERVICES)[number];

export const HELP = `Verifies the logs of the services: recomputes the hash of every event from the one before it, looks at each event's place in
its stream, and checks the signed heads. Reads only, and may run while the services do.

  npm run verify-log -- [options]

  --service <name>     agent, health, maintenance, recovery or all (default: all)
  --database <url>     the database (default: <SERVICE>_DATABASE_URL, else DATABASE_URL, else what npm start runs in this folder).
                       Prefer a variable: arguments can be read by every user of this machine
  --schema <name>      where the log of one service is, when it is not named like the service
  --public-key <file>  keys that alone may have signed, in PEM; may be given several times (default: those of npm start, for
                       its database; else the keys stored in the database, which prove nothing against its owner)
  --lane <n>           only this lane of the log
  --from <position>    begin there, and believe what is before
  --resume             go on from where an interrupted run was
  --state <file>       where an interrupted run is noted (default: .local/verify-log.json)
  --show-keys          show the public keys that are stored with the signed heads, and verify nothing
  --json               one JSON document at the end, and no progress
  --help               shows this

It exits with 0 when all is as it was written, with 1 when something is not (it names the first event that does not fit),
with 2 when that cannot be told, with 130 when it was interrupted. docs/log-format.md says what is checked, and what to do.
`;

export type Options = Readonly<{
  services: readonly ServiceName[];
  database: string | undefined;
  schema: string | undefined;
  /** SubjectPublicKeyInfo in DER; nothing when none was given. */
  publicKeys: readonly Buffer[] | undefined;
  lane: number | undefined;
  from: number | undefined;
  resume: boolean;
  state: string | undefined;
  showKeys: boolean;
  json: boolean;
}>;

/** The options are wrong; the message says how. */
export class WrongUsage extends Error {}

const OPTIONS = {
  service: { type: 'string', default: 'all' },
  database: { type: 'string' },
  schema: { type: 'string' },
  'public-key': { type: 'string', multiple: true },
  lane: { type: 'string' },
  from: { type: 'string' },
  resume: { type: 'boolean', default: false },
  state: { type: 'string' },
  'show-keys': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws WrongUsage */
export function readOptions(args: readonly string[]): Options | 'help' {
  const values = parsed(args);
  if (values.help) return 'help';
  const services = servicesOf(values.service);
  if (values.schema !== undefined && services.length > 1) {
    throw new WrongUsage('--schema needs --service <name>: each service has a schema of its own.');
  }
  if (values.resume && values.from !== undefined) throw new WrongUsage('--resume and --from exclude each other.');
  return {
    services,
    database: values.database === undefined ? undefined : databaseUrl('--database', values.database),
    schema: values.schema,
    publicKeys: values['public-key']?.flatMap(keysOfFile),
    lane: values.lane === undefined ? undefined : wholeNumber('--lane', values.lane),
    from: values.from === undefined ? undefined : wholeNumber('--from', values.from),
    resume: values.resume,
    state: values.state,
    showKeys: values['show-keys'],
    json: values.json,
  };
}

/** @returns the URL @throws WrongUsage which does not repeat it, since it has a password */
export function databaseUrl(name: string, text: string): string {
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) return text;
  throw new WrongUsage(
    `${name} has no correct value (not shown). Write it as postgresql://user:password@host:port/database.`,
  );
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function servicesOf(name: string): readonly ServiceName[] {
  if (name === 'all') return SERVICES;
  const service = SERVICES.find((one) => one === name);
  if (!service) throw new WrongUsage(`There is no service "${name}"; there are ${SERVICES.join(', ')}, and all.`);
  return [service];
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new WrongUsage(`${name} is "${text}"; it takes a whole number from 0.`);
}

function keysOfFile(file: string): readonly Buffer[] {
  try {
    return publicKeysFrom(readFileSync(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongUsage(`--public-key ${file}: ${reason}`, { cause: error });
  }
}
