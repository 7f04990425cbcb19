import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { BackupStepFailed } from '../domain/backup.errors.ts';

/** pg_dump and pg_restore of one folder. */
export type PostgresPrograms = Readonly<{ pgDump: string; pgRestore: string; major: number; version: string }>;

export type ProgramPlaces = Readonly<{
  /** The only folder to look into. */
  folder?: string | undefined;
  /** Value of `PATH`. */
  path: string;
  /** Folders with one folder per major version, and where their programs are in it. */
  usual?: readonly Readonly<{ parent: string; bin: string }>[];
}>;

const USUAL = [
  { parent: '/usr/lib/postgresql', bin: 'bin' },
  { parent: '/Applications/Postgres.app/Contents/Versions', bin: 'bin' },
];
const VERSION_TIMEOUT_MS = 5_000;

/**
 * Finds programs that can dump and restore a server: of its own major version, else the nearest newer one. An older
 * pg_dump refuses the server, and the output of a newer pg_restore may use settings that the server does not know.
 *
 * @throws BackupStepFailed of phase `dump` that lists what was found
 */
export async function findPostgresPrograms(serverMajor: number, places: ProgramPlaces): Promise<PostgresPrograms> {
  const folders = await candidateFolders(places);
  const found = (await Promise.all(folders.map(programsIn))).filter((programs) => programs !== undefined);
  const fitting = found
    .filter(({ major }) => major >= serverMajor)
    .sort((left, right) => left.major - right.major)
    .at(0);
  if (fitting) return fitting;
  const seen = found.map(({ pgDump, version }) => `${pgDump} is ${version}`).join(', ');
  throw new BackupStepFailed(
    'dump',
    `The server is PostgreSQL ${serverMajor}, and no pg_dump and pg_restore of ${serverMajor} or newer were found ` +
      `(${seen === '' ? `looked into ${folders.join(', ')}` : seen}). ` +
      `Install postgresql-client-${serverMajor} or set PG_BIN_FOLDER.`,
  );
}

async function candidateFolders({ folder, path, usual = USUAL }: ProgramPlaces): Promise<readonly string[]> {
  if (folder !== undefined) return [folder];
  const versioned = await Promise.all(usual.map(({ parent, bin }) => versionFolders(parent, bin)));
  return [...new Set([...path.split(delimiter).filter((entry) => entry !== ''), ...versioned.flat()])];
}

async function versionFolders(parent: string, bin: string): Promise<readonly string[]> {
  try {
    const names = await readdir(parent);
    return names.sort((left, right) => Number(right) - Number(left)).map((name) => join(parent, name, bin));
  } catch {
    return []; // this machine keeps its programs elsewhere
  }
}

async function programsIn(folder: string): Promise<PostgresPrograms | undefined> {
  const pgDump = join(folder, 'pg_dump');
  const pgRestore = join(folder, 'pg_restore');
  try {
    await Promise.all([access(pgDump, constants.X_OK), access(pgRestore, constants.X_OK)]);
    const { stdout } = await promisify(execFile)(pgDump, ['--version'], { timeout: VERSION_TIMEOUT_MS });
    const match = /(\d+)(?:[.\w]*)/.exec(stdout);
    return match ? { pgDump, pgRestore, major: Number(match[1]), version: match[0] } : undefined;
  } catch {
    return undefined; // absent, or no program that runs here
  }
}
