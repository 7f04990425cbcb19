/** `npm run verify-log`: shows whether the logs of the services are as they were written. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Database, readStoredKeys, verifyLog, type VerifyLogProgress } from '#libs/event-store';
import { DomainError, HOUR_MS } from '#libs/kernel';
import { findLog, localFolder, type LogPlace } from './verify-log/find-log.ts';
import { HELP, readOptions, WrongUsage, type Options } from './verify-log/options.ts';
import { ProgressLine } from './verify-log/progress-line.ts';
import { ProgressNotes } from './verify-log/progress-notes.ts';
import { documentOf, exitCodeOf, textOf, type Finding } from './verify-log/report.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const INTERRUPTED = 130;

/** SQLSTATEs of a database that has no such log, or does not show it to this role. */
const NO_LOG: Readonly<Record<string, string>> = {
  '42P01':
    'The log is not there, or older than this program: does the service run on this database? npm run migrate brings it up to date.',
  '3F000': 'The schema is not there: does the service run on this database?',
  '42501': 'This role may not read the log: use the one that the service runs as.',
  '28P01': 'The database refused the password.',
  '28000': 'The database refused the role.',
  '3D000': 'There is no such database.',
};

/** Ctrl-C. */
class Interrupted extends Error {}

type Run = Readonly<{ options: Options; notes: ProgressNotes; line: ProgressLine; signal: AbortSignal }>;

function nowMs(): number {
  return performance.now();
}

function openLog({ url, schema }: LogPlace): Database {
  // A page is small; what is asked at the end may take as long as the log is large.
  return new Database({ url, schema, applicationName: 'verify-log', poolSize: 2, answerTimeoutMs: HOUR_MS });
}

async function verify(place: LogPlace, { options, notes, line, signal }: Run): Promise<Finding> {
  const { service, publicKeys } = place;
  const database = openLog(place);
  const startedAtMs = nowMs();
  const resume = options.resume ? notes.of(place) : [];
  for (const { lane, position } of options.json ? [] : resume) {
    console.log(`${service}: going on in lane ${lane} after event ${position}.`);
  }
  const onProgress = (progress: VerifyLogProgress): void => {
    if (progress.phase === 'events') notes.note(place, progress.mark);
    if (!options.json) line.update(service, progress);
  };
  try {
    const verdict = await verifyLog({
      database,
      lane: options.lane,
      from: options.from,
      resume,
      publicKeys,
      onProgress,
      signal,
    });
    notes.forget(place);
    const tookMs = nowMs() - startedAtMs;
    if (verdict.outcome === 'broken') return { service, tookMs, ...verdict };
    const unproven =
      publicKeys && verdict.signedHeads.count === 0 && verdict.lanes.some(({ position }) => position > 0);
    if (unproven) return { service, tookMs, outcome: 'unknown', reason: UNPROVEN };
    return { service, tookMs, outcome: 'intact', verdict };
  } catch (error) {
    if (signal.aborted) throw error;
    return { service, tookMs: nowMs() - startedAtMs, outcome: 'unknown', reason: reasonOf(error) };
  } finally {
    line.end();
    await database.close();
  }
}

const UNPROVEN =
  'Its hashes fit, but no head is signed. A new log is signed within seconds; an older one that has no signed heads has lost them.';

/** Why a log could not be looked at; what is not foreseen is thrown. */
function reasonOf(error: unknown): string {
  if (error instanceof RangeError) return error.message;
  const inner = error instanceof DomainError ? error.cause : error;
  const code = typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : '';
  const known = NO_LOG[code];
  if (known !== undefined) return known;
  if (!(error instanceof DomainError)) throw error;
  return `The database does not answer (${inner instanceof Error && inner.message !== '' ? inner.message : code}). Does it run, and is its address right?`;
}

async function showKeys(places: readonly LogPlace[]): Promise<number> {
  for (const place of places) {
    const database = openLog(place);
    try {
      const keys = await readStoredKeys(database);
      if (keys.length === 0) console.log(`${place.service}: no head is signed.`);
      for (const { keyId, first, last, pem } of keys) {
        console.log(`${place.service}: key ${keyId} signed the heads from ${first} to ${last}\n${pem}`);
      }
    } finally {
      await database.close();
    }
  }
  return 0;
}

async function verifyAll(places: readonly LogPlace[], run: Run): Promise<number> {
  const findings: Finding[] = [];
  for (const place of places) {
    const finding = await verify(place, run);
    findings.push(finding);
    if (run.options.json) continue;
    if (finding.outcome === 'intact') console.log(textOf(finding));
    else console.error(textOf(finding));
  }
  if (run.options.json) console.log(JSON.stringify(documentOf(findings), null, 2));
  return exitCodeOf(findings);
}

/** The same command once more, without what nobody else may read. */
function resumeCommand(args: readonly string[]): string {
  const shown = args.map((arg, index) =>
    args[index - 1] === '--database' ? '<url>' : arg.replace(/^(--database=).*/, '$1<url>'),
  );
  return ['npm run verify-log --', ...shown.filter((arg) => arg !== '--resume'), '--resume'].join(' ');
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === 'help') {
    console.log(HELP);
    return 0;
  }
  const folder = localFolder(ROOT);
  const places = options.services.map((service) => findLog(service, options, folder));
  if (options.showKeys) return showKeys(places);
  const notes = new ProgressNotes(options.state ?? join(folder, 'verify-log.json'), nowMs);
  const interruption = new AbortController();
  process.once('SIGINT', () => {
    interruption.abort(new Interrupted());
  });
  try {
    const line = new ProgressLine(process.stdout, nowMs);
    return await verifyAll(places, { options, notes, line, signal: interruption.signal });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    notes.save();
    console.error(`Interrupted. Go on with: ${resumeCommand(args)}`);
    return INTERRUPTED;
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof WrongUsage ? `${error.message}\nnpm run verify-log -- --help says more.` : error);
  process.exitCode = 2;
}
