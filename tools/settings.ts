/** `npm run settings`: shows and replaces what the agents of a business go by, through agent-service's API. */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { readSettingsFile, SettingsInvalid } from '#libs/business-settings';
import {
  askAgentService,
  CONNECTION_OPTIONS,
  connectionOf,
  exitCodeOf,
  Refused,
  type Connection,
} from './agent-api.ts';

const USAGE = `Shows what the agents of a business go by, or replaces it while they run.

  npm run settings                                  shows the settings in force
  npm run settings -- apply config/retail.yaml      from here on the agents go by this file
  npm run settings -- check config/retail.yaml      says what is wrong with a file, and changes nothing

  --tenant   whose business (default: that of the key, or the default tenant)
  --url      where agent-service answers (default: AGENT_URL, else http://127.0.0.1:8000)
  --api-key  a key with the role reader, or operator to change (default: STEWARD_API_KEY; none is needed where authentication is off)
  --help     shows this
`;

const shown = z.object({ settings: z.unknown(), origin: z.string(), version: z.number() });
const changed = z.object({ isChanged: z.boolean() });

function ask(connection: Connection, tenant: string | undefined, body?: object): Promise<unknown> {
  const path = `/v1/settings${tenant === undefined ? '' : `?tenant=${encodeURIComponent(tenant)}`}`;
  return askAgentService(connection, body ? { method: 'PUT', path, body } : { method: 'GET', path });
}

async function run(
  connection: Connection,
  tenant: string | undefined,
  [command = 'show', file]: readonly string[],
): Promise<void> {
  if (command === 'show') {
    const { settings, origin, version } = shown.parse(await ask(connection, tenant));
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
  const { isChanged } = changed.parse(await ask(connection, tenant, settings));
  console.log(isChanged ? 'The agents go by it from here on.' : 'The agents go by exactly that already.');
}

/** One line for each thing that is wrong with a file. */
function inLines(error: unknown): Error {
  if (!(error instanceof SettingsInvalid)) throw error;
  return new Refused(error.violations.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('\n'));
}

process.exitCode = await exitCodeOf(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { ...CONNECTION_OPTIONS, tenant: { type: 'string' } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  await run(connectionOf(values), values.tenant, positionals).catch((error: unknown) => {
    throw inLines(error);
  });
});
