import { parseArgs } from 'node:util';
import { z } from 'zod';
import { instantSchema } from '#libs/contracts';
import { deadLetterIdSchema, deadLetterStateSchema, type DeadLetterState } from '#libs/messaging';

export const HELP = `Shows the messages that the services could not handle, and decides what becomes of the dead ones.

  npm run dead-letters                                    what is put aside, in all services
  npm run dead-letters -- blocked                         the streams that do not go on, and what they wait for
  npm run dead-letters -- show <service> <id>             one message with its content and the last failure
  npm run dead-letters -- redrive <service> <id>          tries a dead message again, and says how it went
  npm run dead-letters -- redrive --code <code>           tries many again; --consumer, --code and --before choose them
  npm run dead-letters -- discard <service> <id> --reason <text>   gives a dead message up for good

  <service>    agent, health, maintenance or recovery
  --service    asks this service only
  --state      lists only those that are retrying, waiting, dead or discarded
  --consumer   only those of this consumer
  --code       only those whose last failure has this code
  --before     re-drives those whose last attempt was before: 2026-11-22T09:30:00Z
  --reason     why it is given up; kept with it
  --tenant     only those of this tenant, for keys that belong to every one
  --limit      lists at most so many of each service, up to 200 (default: 50)
  --wait-s     how long redrive looks how it goes on (default: 10; 0: not at all)
  --url        where a service answers: agent=http://127.0.0.1:8000; once for each service
               (default: AGENT_URL, HEALTH_URL, MAINTENANCE_URL, RECOVERY_URL, else ports 8000 to 8003 of this machine)
  --api-key    a key with the role operator; reader is enough to look (default: STEWARD_API_KEY; none is needed where
               authentication is off). Prefer the variable: arguments can be read by every user of this machine
  --help       shows this

It exits with 0 when all went well, with 1 when a service did not answer or refused, or a message that was tried again is
dead again, with 2 when the options are wrong.
`;

export const SERVICES = ['agent', 'health', 'maintenance', 'recovery'] as const;
export type ServiceName = (typeof SERVICES)[number];

/** What is wrong with the command line, for whoever wrote it. */
export class WrongOptions extends Error {}

type One = Readonly<{ service: ServiceName; id: number }>;

export type Command =
  | Readonly<{ name: 'help' | 'list' | 'blocked' | 'redrive-many' }>
  | (Readonly<{ name: 'show' | 'redrive' }> & One)
  | (Readonly<{ name: 'discard'; reason: string }> & One);

export type Options = Readonly<{
  command: Command;
  /** Where each of the services that are meant answers. */
  urls: ReadonlyMap<ServiceName, string>;
  apiKey: string | undefined;
  tenant: string | undefined;
  state: DeadLetterState | undefined;
  consumer: string | undefined;
  code: string | undefined;
  failedBefore: string | undefined;
  limit: number;
  waitMs: number;
}>;

type Environment = Readonly<Record<string, string | undefined>>;

const FLAGS = {
  service: { type: 'string' },
  state: { type: 'string' },
  consumer: { type: 'string' },
  code: { type: 'string' },
  before: { type: 'string' },
  reason: { type: 'string' },
  tenant: { type: 'string' },
  limit: { type: 'string', default: '50' },
  'wait-s': { type: 'string', default: '10' },
  url: { type: 'string', multiple: true },
  'api-key': { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const DEFAULT_URLS: Readonly<Record<ServiceName, string>> = {
  agent: 'http://127.0.0.1:8000',
  health: 'http://127.0.0.1:8001',
  maintenance: 'http://127.0.0.1:8002',
  recovery: 'http://127.0.0.1:8003',
};
const MS_PER_S = 1_000;

/** @throws WrongOptions */
export function readOptions(args: readonly string[], environment: Environment): Options {
  const { values, positionals } = parsed(args);
  const command = values.help ? ({ name: 'help' } as const) : commandOf(positionals, values.reason);
  const chosen = 'service' in command ? command.service : values.service;
  const state = optional('--state', values.state, deadLetterStateSchema);
  const failedBefore = optional('--before', values.before, instantSchema);
  const options = {
    command,
    urls: urlsOf(values.url ?? [], environment, chosen === undefined ? SERVICES : [serviceOf(chosen)]),
    apiKey: values['api-key'] ?? environment['STEWARD_API_KEY'],
    tenant: values.tenant,
    state,
    consumer: values.consumer,
    code: values.code,
    failedBefore,
    limit: numberOf('--limit', values.limit, z.int().min(1).max(200)),
    waitMs: numberOf('--wait-s', values['wait-s'], z.number().nonnegative()) * MS_PER_S,
  };
  if (
    command.name === 'redrive-many' &&
    [options.consumer, options.code, failedBefore].every((one) => one === undefined)
  )
    throw new WrongOptions('redrive takes a service and a number, or at least one of --consumer, --code and --before.');
  return options;
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    throw new WrongOptions(error instanceof Error ? error.message : String(error));
  }
}

function commandOf([name = 'list', service, id, ...more]: readonly string[], reason: string | undefined): Command {
  if (more.length > 0) throw new WrongOptions(`Nobody knows what "${more.join(' ')}" means at the end.`);
  switch (name) {
    case 'list':
    case 'blocked':
      if (service !== undefined) throw new WrongOptions(`${name} takes no "${service}"; say --service ${service}.`);
      return { name };
    case 'redrive':
      return service === undefined ? { name: 'redrive-many' } : { name, ...oneOf(name, service, id) };
    case 'show':
      return { name, ...oneOf(name, service, id) };
    case 'discard': {
      const one = oneOf(name, service, id);
      if (reason === undefined || reason.trim() === '')
        throw new WrongOptions('discard needs --reason <text>: it is kept with the message.');
      return { name, ...one, reason };
    }
    default:
      throw new WrongOptions(`There is no command "${name}": list, blocked, show, redrive or discard.`);
  }
}

function oneOf(command: string, service: string | undefined, id: string | undefined): One {
  const number = deadLetterIdSchema.safeParse(id);
  if (service === undefined || !number.success)
    throw new WrongOptions(`${command} takes a service and the number of a message: ${command} agent 17.`);
  return { service: serviceOf(service), id: number.data };
}

function serviceOf(text: string): ServiceName {
  const name = SERVICES.find((service) => text === service || text === `${service}-service`);
  if (name === undefined) throw new WrongOptions(`There is no service "${text}": ${SERVICES.join(', ')}.`);
  return name;
}

function urlsOf(
  given: readonly string[],
  environment: Environment,
  wanted: readonly ServiceName[],
): ReadonlyMap<ServiceName, string> {
  const named = new Map(given.map(namedUrl));
  return new Map(
    wanted.map((service) => {
      const url = named.get(service) ?? environment[`${service.toUpperCase()}_URL`] ?? DEFAULT_URLS[service];
      if (!/^https?:\/\//.test(url) || !URL.canParse(url))
        throw new WrongOptions(`The URL of ${service} is "${url}"; it takes http:// or https://.`);
      return [service, url.replace(/\/+$/, '')];
    }),
  );
}

function namedUrl(text: string): readonly [ServiceName, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new WrongOptions(`--url is "${text}"; it takes <service>=<url>.`);
  return [serviceOf(text.slice(0, at)), text.slice(at + 1)];
}

function optional<Value>(name: string, text: string | undefined, schema: z.ZodType<Value>): Value | undefined {
  if (text === undefined) return undefined;
  const result = schema.safeParse(text);
  if (result.success) return result.data;
  throw new WrongOptions(`${name} is "${text}": ${result.error.issues.map(({ message }) => message).join('; ')}.`);
}

function numberOf(name: string, text: string, schema: z.ZodType<number>): number {
  const result = schema.safeParse(text.trim() === '' ? Number.NaN : Number(text));
  if (result.success) return result.data;
  throw new WrongOptions(`${name} is "${text}": ${result.error.issues.map(({ message }) => message).join('; ')}.`);
}
