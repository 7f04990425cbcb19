/** Imports a point-of-sale export; `--help` tells its options. */
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DomainError } from '#libs/kernel';
import { dryPublisher } from './import/delivery.ts';
import { UnreadableExport } from './import/import.errors.ts';
import { readMapping, shippedMappings } from './import/mapping.ts';
import { readOptions, USAGE } from './import/options.ts';
import type { ImportOptions } from './import/options.ts';
import { Progress } from './import/progress.ts';
import { RejectsFile } from './import/rejects.ts';
import { Confirmation, importKey } from './import/resume.ts';
import { importFile } from './import/session.ts';
import type { SessionResult } from './import/session.ts';
import { openPublisher } from './publisher/event-publisher.ts';
import type { EventPublisher } from './publisher/event-publisher.ts';
import { PublishStopped } from './publisher/publisher.errors.ts';

const INTERRUPTED = 130;

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new UnreadableExport(`${file} is not there or cannot be read: name a CSV file.`, { cause: error });
  }
}

function stopSignal(say: (text: string) => void): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      say('Stopping after the request in flight ...');
      stop.abort();
    });
  }
  return stop.signal;
}

function publisherFor(options: ImportOptions, stop: AbortSignal, say: (text: string) => void): EventPublisher {
  if (options.dryRun) return dryPublisher();
  return openPublisher({
    ...options.connection,
    stop,
    patienceMs: options.patienceMs,
    onWait: (reason, delayMs) => {
      say(`The API is busy or away (${reason}); trying again in ${(delayMs / 1_000).toFixed(1)} s.`);
    },
  });
}

/** What an import keeps on this machine. */
class WorkFolder {
  readonly #options: ImportOptions;
  #confirmation: Confirmation | undefined;

  constructor(options: ImportOptions) {
    this.#options = options;
  }

  get rejectsFile(): string {
    const { rejectsFile, workFolder, file } = this.#options;
    return rejectsFile ?? join(workFolder, `${basename(file)}.rejects.csv`);
  }

  readonly confirmedLineOf = (mapping: Parameters<typeof importKey>[1]): number => {
    const { dryRun, resume, workFolder, file, connection } = this.#options;
    if (dryRun) return 0;
    this.#confirmation = new Confirmation(workFolder, importKey(file, mapping, connection));
    return resume ? this.#confirmation.read() : 0;
  };

  readonly confirm = (line: number): void => {
    this.#confirmation?.save(line);
  };

  done(): void {
    this.#confirmation?.remove();
  }
}

function summaryOf(result: SessionResult, rejects: RejectsFile, options: ImportOptions): string[] {
  const { file, delivery } = result;
  const seconds = performance.now() / 1_000;
  const counts = Object.entries({
    'lines read': file.lines,
    'lines rejected': file.rejectedLines,
    orders: file.orders,
    returns: file.returns,
    'stock corrections': file.corrections,
    'items registered': file.items,
    ...(options.dryRun ? { 'events checked': delivery.sent } : { 'events sent': delivery.sent }),
    'events accepted': options.dryRun ? 0 : delivery.accepted,
    'events duplicate': delivery.duplicates,
    'events rejected': delivery.rejected,
    'events confirmed before': delivery.skipped,
    seconds: seconds.toFixed(1),
    'rows/s': Math.round(file.lines / seconds),
  });
  return [
    ...counts.map(([name, value]) => `${name.padEnd(24)}${String(value).padStart(10)}`),
    ...(rejects.count === 0 ? [] : [`What was rejected is in ${rejects.file}.`]),
    ...(options.dryRun ? ['This was a dry run: nothing was sent.'] : []),
  ];
}

async function runImport(options: ImportOptions): Promise<number> {
  const progress = new Progress(process.stdout, sizeOf(options.file), () => performance.now());
  const say = (text: string): void => {
    progress.say(text);
  };
  const stop = stopSignal(say);
  const folder = new WorkFolder(options);
  const rejects = new RejectsFile(folder.rejectsFile, say);
  try {
    const result = await importFile({
      file: options.file,
      candidates: options.mappingFile === undefined ? shippedMappings() : [readMapping(options.mappingFile)],
      tenant: options.connection.tenant,
      publisher: publisherFor(options, stop, say),
      batchEvents: options.batchEvents,
      stop,
      confirmedLineOf: folder.confirmedLineOf,
      onMapping: ({ name }) => {
        say(`Reading ${options.file} as ${name}.`);
      },
      onConfirmed: folder.confirm,
      onReject: (lines, reason, text) => {
        rejects.add(lines, reason, text);
      },
      onProgress: (doneBytes, rows) => {
        progress.update(doneBytes, rows);
      },
    });
    for (const line of summaryOf(result, rejects, options)) say(line);
    if (result.stopped) return interrupted(say, result.lastLine);
    folder.done();
    return options.strict && rejects.count > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof PublishStopped) return interrupted(say);
    throw error;
  } finally {
    progress.end();
    rejects.close();
  }
}

function interrupted(say: (text: string) => void, line?: number): number {
  const where = line === undefined ? '' : ` at line ${line}`;
  say(`Stopped${where}. The same command goes on from there; nothing is counted twice.`);
  return INTERRUPTED;
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') console.log(USAGE);
  else process.exitCode = await runImport(options);
} catch (error) {
  if (!(error instanceof DomainError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
