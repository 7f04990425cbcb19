/** `npm run rebuild`: folds a read model again beside the one that is shown, compares, and switches; or rolls back. */
import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import {
  Database,
  PostgresEventStore,
  ReadableEventStore,
  rebuildUnderLease,
  rollBackProjection,
  type ProjectedTable,
  type RebuildOutcome,
} from '#libs/event-store';
import { DomainError, eventId } from '#libs/kernel';
import { databaseUrlOf } from './rebuild/database-url.ts';
import { HELP, readCommand, WrongUsage, type RebuildCommand } from './rebuild/options.ts';
import { comparisonLines, count, progressWriter } from './rebuild/report.ts';
import { PROJECTIONS, projectionOf, tablesOf } from './rebuild/service-projections.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** A comparison of many millions of rows. */
const ANSWER_TIMEOUT_MS = 3_600_000;
const INTERRUPTED = 130;

const stopping = new AbortController();

async function main(): Promise<number> {
  const command = readCommand(process.argv.slice(2));
  if (command === 'help') {
    console.log(HELP);
    return 0;
  }
  const table = tableOf(command);
  if (table && !command.yes && !command.compareOnly && !process.stdin.isTTY) {
    throw new WrongUsage('Nobody can be asked here: add --yes to switch, or --compare-only.');
  }
  const database = new Database({
    url: databaseUrlOf(command.service, ROOT),
    schema: command.service,
    applicationName: 'steward-rebuild',
    poolSize: command.workers + 6,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  });
  try {
    if (!table) return await list(database, command);
    return await (command.rollBack ? rollBack(database, command, table) : rebuild(database, command, table));
  } finally {
    await database.close();
  }
}

function tableOf({ service, projection }: RebuildCommand): ProjectedTable | undefined {
  if (projection === undefined) return undefined;
  const table = projectionOf(service, projection);
  if (table) return table;
  const names = tablesOf(service).map(({ name }) => name);
  throw new WrongUsage(`${service} has no projection "${projection}"; it has ${names.join(', ')}.`);
}

async function list(database: Database, { service }: RebuildCommand): Promise<number> {
  const rows = await database.query<{ name: string; active: number; previous: number | null; at: number | null }>(
    `select p.name, p.active_version as active, p.previous_version as previous, c.position as at
     from projections p left join checkpoints c on c.name = p.name and c.version = p.active_version`,
  );
  for (const { name, version, table } of tablesOf(service)) {
    const row = rows.find((one) => one.name === name);
    const state = row
      ? `version ${row.active} at position ${count(row.at ?? 0)}` +
        (row.previous === null ? '' : `, can go back to version ${row.previous}`)
      : 'never folded';
    console.log(`${name}  table ${table}: ${state}; this release has version ${version}`);
  }
  return 0;
}

async function rebuild(database: Database, command: RebuildCommand, table: ProjectedTable): Promise<number> {
  const { service, compareOnly, acceptDifferences, workers } = command;
  const ids = { next: () => eventId(randomUUID()) };
  const store = new ReadableEventStore(new PostgresEventStore({ database, ids }), PROJECTIONS[service].eventTypes);
  const progress = progressWriter();
  console.log(`Rebuilding ${table.name} in version ${table.version}; Ctrl-C interrupts it, the same command goes on.`);
  const outcome = await rebuildUnderLease(
    {
      database,
      store,
      table,
      workers,
      compareOnly,
      acceptDifferences,
      signal: stopping.signal,
      onProgress: progress.show,
      confirm: async (comparison) => {
        progress.clear();
        for (const line of comparisonLines(comparison)) console.log(line);
        return command.yes || ask(`Switch ${table.table} to these rows?`);
      },
    },
    () => {
      console.log('Another instance is at this rebuild; waiting until it has ended.');
    },
  );
  progress.clear();
  return conclude(command, table, outcome);
}

function conclude({ compareOnly }: RebuildCommand, table: ProjectedTable, outcome: RebuildOutcome): number {
  const { comparison, isSwitched, isResumed, position, events, durationMs } = outcome;
  const rate = count(Math.round((events * 1_000) / Math.max(1, durationMs)));
  const resumed = isResumed ? ' (an interrupted rebuild went on)' : '';
  if (compareOnly) for (const line of comparisonLines(comparison)) console.log(line);
  console.log(`Folded ${count(events)} events up to position ${count(position)}, ${rate} events/s${resumed}.`);
  if (isSwitched) {
    console.log(`${table.table} shows version ${table.version} now. --roll-back puts the previous rows back.`);
  } else {
    console.log(`Nothing was switched; the new rows wait in ${table.table}__rebuild for the next run.`);
  }
  return isSwitched || compareOnly ? 0 : 1;
}

async function rollBack(database: Database, { yes }: RebuildCommand, table: ProjectedTable): Promise<number> {
  if (!yes && !(await ask(`Put the previous rows of ${table.table} back?`))) {
    console.log('Nothing was rolled back.');
    return 1;
  }
  const { activeVersion, position, refusedVersion } = await rollBackProjection(database, table.name);
  console.log(`${table.table} shows version ${activeVersion} as of position ${count(position)}, and catches up.`);
  if (refusedVersion !== null) {
    console.log(
      `Releases with version ${refusedVersion} leave it alone now: only one with version ${activeVersion} folds it. ` +
        'Deploy that one, or run the rebuild again to bring the newer version back.',
    );
  }
  return 0;
}

async function ask(question: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`${question} [y/N] `, { signal: stopping.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping.abort();
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = explain(error);
}

function explain(error: unknown): number {
  if (stopping.signal.aborted) {
    console.error('\nInterrupted. Nothing was switched; the same command goes on where this one stopped.');
    return INTERRUPTED;
  }
  if (error instanceof WrongUsage) {
    console.error(error.message);
    console.error('npm run rebuild -- --help says more.');
    return 2;
  }
  if (error instanceof DomainError) console.error(`${error.message}${causeOf(error)}`);
  else console.error(error);
  return 1;
}

/** The driver's own words, which name the host or the reason, and no password. */
function causeOf({ cause }: Error): string {
  return cause instanceof Error && cause.message !== '' ? ` (${cause.message})` : '';
}
