import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

const HELP = `Makes a backup of the whole database and waits until it is proven that it can be restored.

  npm run backup -- [--url <url>] [--api-key <key>] [--tenant <tenant>] [--reason <text>] [--timeout-s <seconds>]

  --url        where recovery-service answers (default: RECOVERY_URL, else http://127.0.0.1:8003)
  --api-key    a key with the role operator (default: STEWARD_API_KEY; none is needed where authentication is off).
               Prefer the variable: arguments can be read by every user of this machine
  --tenant     the business it is noted under, for keys that belong to every one
  --reason     why, for those who read the list later
  --timeout-s  how long to follow it; the backup itself goes on (default: 3600)
  --help       shows this

It exits with 0 when the backup is verified, with 1 when it failed or could not be followed to its end, with 2 when the
options are wrong.
`;

const OPTIONS = {
  url: { type: 'string' },
  'api-key': { type: 'string' },
  tenant: { type: 'string' },
  reason: { type: 'string' },
  'timeout-s': { type: 'string', default: '3600' },
  help: { type: 'boolean', short: 'h' },
} as const;

const POLL_MS = 500;
const REQUEST_TIMEOUT_MS = 10_000;

type Service = Readonly<{ url: string; apiKey: string | undefined; query: string }>;
type Facts = Readonly<Record<string, unknown>>;

/** The service refused, or gave an answer that is none of its own. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null;
}

async function ask({ url, apiKey, query }: Service, path: string, body?: object): Promise<Facts> {
  const answer = await fetch(`${url}${path}${query}`, {
    method: body ? 'POST' : 'GET',
    headers: {
      ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await answer.text();
  const facts: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  if (!answer.ok || !isFacts(facts)) {
    const detail = isFacts(facts) ? textOf(facts, 'detail') : '';
    throw new Refused(answer.status, `${url}${path} answered ${answer.status}. ${detail}`.trim());
  }
  return facts;
}

function textOf(facts: Facts, name: string): string {
  const value = facts[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** Asks again after a hiccup: the backup goes on without us. */
async function lookAt(service: Service, backupId: string): Promise<Facts | undefined> {
  try {
    return await ask(service, `/v1/backups/${encodeURIComponent(backupId)}`);
  } catch (error) {
    // The list follows the log at a small distance: 404 is "not yet", a 5xx or a lost connection "not now".
    const isFinal = error instanceof Refused && error.status < 500 && error.status !== 404;
    if (isFinal) throw error;
    return undefined;
  }
}

async function follow(service: Service, backupId: string, timeoutMs: number): Promise<Facts | undefined> {
  const startedAtMs = performance.now();
  while (performance.now() - startedAtMs < timeoutMs) {
    const backup = await lookAt(service, backupId);
    const status = backup ? textOf(backup, 'status') : 'not answered';
    if (backup && (status === 'verified' || status === 'failed')) return backup;
    const seconds = Math.round((performance.now() - startedAtMs) / 1_000);
    progress(`${status === 'completed' ? 'written, being verified' : status} ${seconds} s`);
    await delay(POLL_MS);
  }
  return undefined;
}

let lastProgress = '';

/** One line that changes where people look on; a new line for each change where nobody does. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${text}`);
  else if (text.replace(/\d+ s$/, '') !== lastProgress) console.log(text);
  lastProgress = text.replace(/\d+ s$/, '');
}

function conclude(backupId: string, backup: Facts | undefined): number {
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  if (!backup) {
    console.error(`Backup ${backupId} is not over yet. GET /v1/backups/${backupId} says how it goes on.`);
    return 1;
  }
  const checks = Array.isArray(backup['checks']) ? backup['checks'].filter(isFacts) : [];
  for (const check of checks) {
    console.log(`  ${textOf(check, 'outcome').padEnd(8)} ${textOf(check, 'name')}: ${textOf(check, 'detail')}`);
  }
  if (textOf(backup, 'status') === 'verified') {
    console.log(
      `Backup ${backupId} is verified: ${textOf(backup, 'sizeBytes')} bytes at ${textOf(backup, 'location')}.`,
    );
    return 0;
  }
  console.error(`Backup ${backupId} failed (${textOf(backup, 'failedPhase')}): ${textOf(backup, 'failureReason')}`);
  return 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const timeoutS = Number(values['timeout-s']);
  if (!(timeoutS > 0)) throw new TypeError(`--timeout-s is "${values['timeout-s']}"; it takes a number above 0.`);
  const url = values.url ?? process.env['RECOVERY_URL'] ?? 'http://127.0.0.1:8003';
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new TypeError(`--url is "${url}"; it takes an http(s) URL.`);
  const service = {
    url: url.replace(/\/+$/, ''),
    apiKey: values['api-key'] ?? process.env['STEWARD_API_KEY'],
    query: values.tenant === undefined ? '' : `?tenant=${encodeURIComponent(values.tenant)}`,
  };
  const wish = values.reason === undefined ? {} : { reason: values.reason };
  const backupId = textOf(await ask(service, '/v1/backups', wish), 'backupId');
  console.log(`Backup ${backupId} is requested.`);
  return conclude(backupId, await follow(service, backupId, timeoutS * 1_000));
}

try {
  process.exitCode = await main();
} catch (error) {
  const isUsage = error instanceof TypeError && !(error.cause instanceof Error);
  console.error(error instanceof Error ? [error.message, reasonOf(error)].filter(Boolean).join(' ') : String(error));
  if (isUsage) console.error('npm run backup -- --help says more.');
  process.exitCode = isUsage ? 2 : 1;
}

/** fetch hides why it failed in its cause. */
function reasonOf({ cause }: Error): string {
  if (!(cause instanceof Error)) return '';
  return `${cause.message === '' && 'code' in cause ? String(cause.code) : cause.message}. Is recovery-service running there?`;
}
