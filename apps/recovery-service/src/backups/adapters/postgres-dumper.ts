import { Database, type Queryable } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { BackupStepFailed } from '../domain/backup.errors.ts';
import type { Content, DatabaseDumper, DatabaseFacts, DumpSource } from '../domain/backup-ports.ts';
import { connectionEnvironment } from './connection-environment.ts';
import { readDatabaseFacts } from './database-facts.ts';
import { findPostgresPrograms, type ProgramPlaces } from './postgres-programs.ts';
import { outputOf, ProgramFailed } from './run-program.ts';

export type PostgresDumperOptions = Readonly<{
  url: string;
  places: ProgramPlaces;
  /** What child processes inherit. */
  environment: NodeJS.ProcessEnv;
}>;

const INSUFFICIENT_PRIVILEGE = '42501';

/** A migration holds its lock for seconds; whoever holds one for longer has stopped. */
const LOCK_WAIT_MS = 60_000;

const SOURCE = `
select current_database() as database, current_setting('server_version') as version,
  current_setting('server_version_num')::int / 10000 as major,
  pg_database_size(current_database()) as bytes, pg_export_snapshot() as snapshot`;
type SourceRow = { database: string; version: string; major: number; bytes: number; snapshot: string };

/** Dumps with pg_dump in a snapshot that a transaction of ours exported: facts and dump are of the same moment. */
export class PostgresDumper implements DatabaseDumper {
  private readonly options: PostgresDumperOptions;

  constructor(options: PostgresDumperOptions) {
    this.options = options;
  }

  async dump<Saved>(
    save: (content: Content, databaseBytes: number) => Promise<Saved>,
    signal: AbortSignal,
  ): Promise<{ saved: Saved; facts: DatabaseFacts; source: DumpSource }> {
    const { url } = this.options;
    const database = new Database({ url, schema: 'pg_catalog', poolSize: 1, applicationName: 'recovery-service:dump' });
    try {
      return await database.transaction(async (snapshot) => {
        const row = await openSnapshot(snapshot);
        const facts = await readDatabaseFacts(snapshot);
        const programs = await findPostgresPrograms(row.major, this.options.places);
        // The transaction stays open until the dump is stored: the snapshot lives as long as it does.
        const saved = await save(this.dumpOf(programs.pgDump, row.snapshot, signal), row.bytes);
        const source = { database: row.database, serverVersion: row.version, dumpVersion: programs.version };
        return { saved, facts, source };
      });
    } catch (error) {
      throw dumpFailure(error);
    } finally {
      await database.close();
    }
  }

  private dumpOf(path: string, snapshot: string, signal: AbortSignal): Content {
    const { url, environment } = this.options;
    const args = ['--format=custom', `--snapshot=${snapshot}`, `--lock-wait-timeout=${LOCK_WAIT_MS}`, '--no-password'];
    return outputOf({ path, args, env: connectionEnvironment(url, environment), signal });
  }
}

async function openSnapshot(connection: Queryable): Promise<SourceRow> {
  await connection.query('set transaction isolation level repeatable read, read only');
  // Counting and dumping take as long as they take.
  await connection.query('set local statement_timeout = 0');
  await connection.query('set local idle_in_transaction_session_timeout = 0');
  const [row] = await connection.query<SourceRow>(SOURCE);
  if (!row) throw new Error('The server did not export a snapshot.');
  return row;
}

/** The service's own role reads its own schema only, and of that no partitions. */
const ADVICE = ' Name a role that may read all of it in BACKUP_DATABASE_URL.';

function dumpFailure(error: unknown): unknown {
  if (error instanceof BackupStepFailed) return error;
  if (error instanceof ProgramFailed) {
    const isDenied = error.message.includes('permission denied');
    return new BackupStepFailed('dump', `${error.message}${isDenied ? ADVICE : ''}`, error);
  }
  const cause = error instanceof DomainError ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  const isDenied = cause instanceof Error && 'code' in cause && cause.code === INSUFFICIENT_PRIVILEGE;
  const message = `The database that is to be backed up can't be read: ${why}${isDenied ? `.${ADVICE}` : ''}`;
  return new BackupStepFailed('dump', message, error);
}
