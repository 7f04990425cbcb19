import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readConnection } from '../publisher/connection.ts';
import type { Connection } from '../publisher/connection.ts';
import { MAXIMUM_BATCH_EVENTS } from '../publisher/batches.ts';
import { WrongUsage } from './import.errors.ts';

export const USAGE = `Usage: npm run import -- <file.csv> [options]

Publishes a point-of-sale export as events, by POST <url>/v1/events. The same file again adds nothing.

  --mapping <file>      how to read the file (default: the shipped one that fits its header)
  --url <address>       of the agent-service (default http://127.0.0.1:8000)
  --tenant <name>       whose business it is (default demo)
  --api-key <key>       or STEWARD_API_KEY in the environment, which other users of the machine cannot see
  --batch <n>           events in one request, 1 to 1000 (default 200)
  --patience <seconds>  how long an API that is away is tried (default 30)
  --rejects <file>      where rejected lines go (default <work folder>/<file>.rejects.csv)
  --work-folder <dir>   where an interrupted run keeps how far it came (default .local/import)
  --no-resume           send everything, also what an interrupted run had confirmed
  --dry-run             read and check everything, send nothing
  --strict              end with code 1 when anything was rejected
  --help                show this`;

export type ImportOptions = Readonly<{
  file: string;
  mappingFile: string | undefined;
  connection: Connection;
  batchEvents: number;
  patienceMs: number;
  rejectsFile: string | undefined;
  workFolder: string;
  resume: boolean;
  dryRun: boolean;
  strict: boolean;
}>;

const DEFAULT_BATCH = 200;
const DEFAULT_PATIENCE_SECONDS = 30;
const DEFAULT_WORK_FOLDER = resolve(import.meta.dirname, '../../.local/import');

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the command line. Paths are relative to where the person stands, also under `npm run`.
 * @returns 'help' when that is asked for
 * @throws WrongUsage
 * @throws WrongConnection
 */
export function readOptions(args: readonly string[], environment: Environment): ImportOptions | 'help' {
  const { values, positionals } = parsed(args);
  if (values.help === true) return 'help';
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    throw new WrongUsage(`Name one CSV file; ${positionals.length} were named. See --help.`);
  }
  const here = startingFolder(environment);
  const path = (text: string | undefined): string | undefined => (text === undefined ? undefined : resolve(here, text));
  return {
    file: resolve(here, file),
    mappingFile: path(values.mapping),
    connection: readConnection(
      { url: values.url, tenant: values.tenant, apiKey: values['api-key'] },
      environment['STEWARD_API_KEY'],
    ),
    batchEvents: wholeNumber('batch', values.batch, MAXIMUM_BATCH_EVENTS) ?? DEFAULT_BATCH,
    patienceMs: (wholeNumber('patience', values.patience, 86_400) ?? DEFAULT_PATIENCE_SECONDS) * 1_000,
    rejectsFile: path(values.rejects),
    workFolder: path(values['work-folder']) ?? DEFAULT_WORK_FOLDER,
    resume: values.resume,
    dryRun: values['dry-run'] === true,
    strict: values.strict === true,
  };
}

/** npm runs scripts in the folder of the package, and tells where it was called. */
function startingFolder(environment: Environment): string {
  const isNpmScript = environment['npm_lifecycle_event'] === 'import';
  return (isNpmScript ? environment['INIT_CWD'] : undefined) ?? process.cwd();
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        mapping: { type: 'string' },
        url: { type: 'string' },
        tenant: { type: 'string' },
        'api-key': { type: 'string' },
        batch: { type: 'string' },
        patience: { type: 'string' },
        rejects: { type: 'string' },
        'work-folder': { type: 'string' },
        resume: { type: 'boolean', default: true },
        'dry-run': { type: 'boolean' },
        strict: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new WrongUsage(`${error instanceof Error ? error.message : String(error)} See --help.`, { cause: error });
  }
}

function wholeNumber(name: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > most) {
    throw new WrongUsage(`--${name} ${text}: give a whole number from 1 to ${most}.`);
  }
  return value;
}
