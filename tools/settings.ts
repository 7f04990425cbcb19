/** `npm run settings`: shows and replaces what the agents of a business go by, through agent-service's API. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readSettingsFile, SettingsInvalid } from '#libs/business-settings';
import { problemSchema } from '#libs/contracts';

const USAGE = `Shows what the agents of a business go by, or replaces it while they run.

  npm run settings                                  shows the settings in force
  npm run settings -- apply config/retail.yaml      from here on the agents go by this file
  npm run settings -- check config/retail.yaml      says what is wrong with a file, and changes nothing

  --tenant   whose business (default: that of the key, or the default tenant)
  --url      where agent-service answers (default: AGENT_URL, else http://127.0.0.1:8000)
  --api-key  a key with the role reader, or operator to change (default: STEWARD_API_KEY; none is needed where authentication is off)
  --help     shows this
`;

const REQUEST_TIMEOUT_MS = 10_000;
const shown = z.object({ settings: z.unknown(), origin: z.string(), version: z.number() });
const changed = z.object({ isChanged: z.boolean() });

type Connection = Readonly<{ url: string; apiKey: string | undefined; tenant: string | undefined }>;

/** Something that a person must mend; the message says what. */
class Refused extends Error {}

async function ask({ url, apiKey, tenant }: Connection, method: 'GET' | 'PUT', body?: object): Promise<unknown> {
  const query = tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`;
  const answer = await fetch(`${url}/v1/settings${query}`, {
    method,
    headers: {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const json: unknown = await answer.json();
  if (answer.ok) return json;
  const problem = problemSchema.safeParse(json);
  throw new Refused(problem.success ? `${problem.data.title}. ${problem.data.detail}` : `HTTP ${answer.status}`);
}

async function run(connection: Connection, command = 'show', file: string | undefined): Promise<void> {
  if (command === 'show') {
    const { settings, origin, version } = shown.parse(await ask(connection, 'GET'));
    console.log(JSON.stringify({ origin, version, settings }, undefined, 2));
    return;
  }
  if ((command !== 'apply' && command !== 'check') || file === undefined)
    throw new Refused(`Unknown command.\n\n${USAGE}`);
  const { settings } = readSettingsFile(file);
  if (command === 'check') {
    console.log(
      `${file} can be used: ${settings.business.name}, ${settings.business.timeZone}, ${settings.business.currency}.`,
    );
    return;
  }
  const { isChanged } = changed.parse(await ask(connection, 'PUT', settings));
  console.log(isChanged ? 'The agents go by it from here on.' : 'The agents go by exactly that already.');
}

function reasonOf(error: unknown): string {
  const isNetwork = error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError');
  if (isNetwork) return 'agent-service does not answer. Does it run, and is --url right?';
  if (error instanceof SettingsInvalid) {
    return error.violations.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('\n');
  }
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        url: { type: 'string', default: process.env['AGENT_URL'] ?? 'http://127.0.0.1:8000' },
        'api-key': { type: 'string' },
        tenant: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      console.log(USAGE);
      return 0;
    }
    const apiKey = values['api-key'] ?? process.env['STEWARD_API_KEY'];
    const connection = { url: values.url.replace(/\/+$/, ''), apiKey, tenant: values.tenant };
    await run(connection, positionals[0], positionals[1]);
    return 0;
  } catch (error) {
    console.error(reasonOf(error));
    return 1;
  }
}

process.exitCode = await main();
