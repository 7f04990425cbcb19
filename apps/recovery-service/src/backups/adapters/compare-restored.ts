import { verifyChain, type Database, type Queryable } from '#libs/event-store';
import type { BackupManifest, LogHead, TableCount } from '../domain/backup-ports.ts';
import { headOf, readLanes, readTableCounts, type LaneFacts } from './database-facts.ts';
import type { CheckStep } from './run-checks.ts';

/** A difference between what was restored and what must be there. */
export class Difference extends Error {
  constructor(differences: readonly string[]) {
    super(`${differences.length} differences: ${differences.slice(0, 20).join('; ')}`);
    this.name = 'Difference';
  }
}

/** The checks that compare a restored database with the manifest. */
export function comparisons(
  restored: () => Database,
  manifest: Pick<BackupManifest, 'tables' | 'logs'>,
): readonly CheckStep[] {
  return [
    { name: 'row counts', run: () => unhurried(restored(), (on) => compareCounts(on, manifest.tables)) },
    { name: 'log heads', run: () => unhurried(restored(), (on) => compareHeads(on, manifest.logs)) },
    { name: 'newest events', run: () => unhurried(restored(), compareNewestEvents) },
    { name: 'hash chains', run: () => compareChains(restored(), manifest.logs) },
  ];
}

/** Counting takes as long as it takes. */
async function unhurried<Result>(database: Database, work: (on: Queryable) => Promise<Result>): Promise<Result> {
  return database.transaction(async (connection) => {
    await connection.query('set local statement_timeout = 0');
    return work(connection);
  });
}

async function compareCounts(database: Queryable, expected: readonly TableCount[]): Promise<string> {
  const found = new Map((await readTableCounts(database)).map(({ table, rows }) => [table, rows]));
  const wanted = new Map(expected.map(({ table, rows }) => [table, rows]));
  const differences = [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((table) => wanted.get(table) !== found.get(table))
    .map((table) => `${table} has ${rowsText(found.get(table))}, the manifest says ${rowsText(wanted.get(table))}`);
  if (differences.length > 0) throw new Difference(differences);
  const rows = expected.reduce((sum, table) => sum + table.rows, 0);
  return `${expected.length} tables, ${rows} rows`;
}

const rowsText = (rows: number | undefined): string => (rows === undefined ? 'no such table' : `${rows} rows`);

async function compareHeads(database: Queryable, expected: readonly LogHead[]): Promise<string> {
  requireLogs(expected);
  const found = new Map((await readLanes(database)).map((lane) => [nameOf(lane), JSON.stringify(headOf(lane))]));
  const wanted = new Map(expected.map((lane) => [nameOf(lane), JSON.stringify(headOf({ ...lane, lastHash: '' }))]));
  const differences = [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((lane) => wanted.get(lane) !== found.get(lane))
    .map((lane) => `${lane} is ${found.get(lane) ?? 'missing'}, the manifest says ${wanted.get(lane) ?? 'nothing'}`);
  if (differences.length > 0) throw new Difference(differences);
  return expected.map((lane) => `${nameOf(lane)} at ${lane.position}`).join(', ');
}

async function compareNewestEvents(database: Queryable): Promise<string> {
  const lanes = await readLanes(database);
  requireLogs(lanes);
  const wrong = lanes.filter(
    ({ position, hash, lastPosition, lastHash }) => position !== lastPosition || hash !== lastHash,
  );
  if (wrong.length > 0) throw new Difference(wrong.map(differenceOfHead));
  return `${lanes.length} lanes end with the event that their head names`;
}

function differenceOfHead(lane: LaneFacts): string {
  return `${nameOf(lane)} has its head at ${lane.position} (${lane.hash}), its newest event at ${lane.lastPosition} (${lane.lastHash})`;
}

async function compareChains(database: Database, logs: readonly LogHead[]): Promise<string> {
  requireLogs(logs);
  const differences: string[] = [];
  let events = 0;
  for (const lane of logs) {
    const verdict = await unhurried(database, async (connection) => {
      await connection.query(`select set_config('search_path', quote_ident($1), true)`, [lane.log]);
      return verifyChain(connection, lane.lane);
    });
    if (verdict.outcome === 'intact') events += verdict.events;
    else differences.push(`${nameOf(lane)} is broken at event ${verdict.position}: ${verdict.reason}`);
  }
  if (differences.length > 0) throw new Difference(differences);
  return `${events} events`;
}

/** A database without a log is none of ours; "nothing to compare" must not look like success. */
function requireLogs(logs: readonly unknown[]): void {
  if (logs.length === 0) throw new Difference(['the database holds no event log; see BACKUP_DATABASE_URL']);
}

const nameOf = ({ log, lane }: Pick<LogHead, 'log' | 'lane'>): string => `${log}/${lane}`;
