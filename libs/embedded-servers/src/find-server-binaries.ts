import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { ServerToolsMissing } from './errors.ts';

export type PostgresBinaries = Readonly<{
  /** Folder with `initdb`, `postgres`, `pg_ctl`, `pg_dump`, `pg_restore` and `psql`, all of one version. */
  postgresBin: string;
  /** Major version of the programs in `postgresBin`. */
  postgresMajor: number;
}>;

/** Where the programs are that run the embedded servers; `natsServer` is the path of the program itself. */
export type ServerBinaries = PostgresBinaries & Readonly<{ natsServer: string }>;

/** Where to look. The defaults are the machine's own; tests give others. */
export type SearchPlaces = Readonly<{
  /** Folders like those of `PATH`, searched first and in order. */
  path?: readonly string[];
  /** Folders to search after `path`. A `*` may stand for one folder name; higher versions come first. */
  usualFolders?: readonly string[];
  /** Accept this major version only, for data that was made by it. */
  postgresMajor?: number;
}>;

export const MINIMUM_POSTGRES_MAJOR = 15;
export const MINIMUM_NATS_VERSION = '2.9';

const POSTGRES_TOOLS = ['initdb', 'postgres', 'pg_ctl', 'pg_dump', 'pg_restore', 'psql'];
const USUAL_FOLDERS = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/opt/homebrew/opt/postgresql/bin',
  '/opt/homebrew/bin',
  '/usr/local/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql/bin',
  '/Applications/Postgres.app/Contents/Versions/*/bin',
];

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not executable: either way it is no program for us
  }
}

/** The version that `program --version` prints, or undefined when it does not run. */
function versionOf(program: string): { major: number; minor: number } | undefined {
  try {
    const output = execFileSync(program, ['--version'], { encoding: 'utf8', timeout: 5_000, stdio: 'pipe' });
    const match = /v?(\d+)(?:\.(\d+))?/.exec(output);
    return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2] ?? 0) };
  } catch {
    return undefined; // a program that cannot say its version is not one we can start
  }
}

function expand(pattern: string): string[] {
  const star = pattern.split('/').findIndex((part) => part.includes('*'));
  if (star === -1) return [pattern];
  const parts = pattern.split('/');
  const parent = parts.slice(0, star).join('/') || '/';
  if (!existsSync(parent)) return [];
  const prefix = (parts[star] ?? '').replace('*', '');
  return readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .sort((left, right) => right.localeCompare(left, 'en', { numeric: true }))
    .map((name) => join(parent, name, ...parts.slice(star + 1)));
}

/** Folders to look into, in order, each once. */
function candidateFolders(places: SearchPlaces): string[] {
  const path = places.path ?? (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const usual = (places.usualFolders ?? USUAL_FOLDERS).flatMap(expand);
  return [...new Set([...path, ...usual])];
}

type Finding<Found> = Readonly<{ found: Found; problem?: never } | { found?: never; problem: string }>;

function missing(what: string, rejected: readonly string[]): { problem: string } {
  return { problem: rejected.length === 0 ? what : `${what} (${rejected.join(', ')})` };
}

/** The version of a folder that holds all of PostgreSQL's programs, or why it does not do. */
function inspectPostgres(bin: string): number | string {
  const lacking = POSTGRES_TOOLS.filter((tool) => !isProgram(join(bin, tool)));
  if (lacking.length > 0) return `${bin} lacks ${lacking.join(', ')}`;
  return versionOf(join(bin, 'postgres'))?.major ?? `${bin}/postgres does not run`;
}

function findPostgres(folders: readonly string[], only?: number): Finding<PostgresBinaries> {
  const rejected: string[] = [];
  // Debian links /usr/bin/pg_dump to a wrapper that picks any version: only a folder that holds them all counts.
  const homes = folders
    .filter((folder) => isProgram(join(folder, 'postgres')))
    .flatMap((folder) => [dirname(realpathSync(join(folder, 'postgres'))), folder]);
  for (const bin of new Set(homes)) {
    const major = inspectPostgres(bin);
    if (typeof major === 'string') rejected.push(major);
    else if (only === undefined ? major >= MINIMUM_POSTGRES_MAJOR : major === only)
      return { found: { postgresBin: bin, postgresMajor: major } };
    else rejected.push(`${bin} is version ${major}`);
  }
  return missing(`PostgreSQL server programs, version ${only ?? `${MINIMUM_POSTGRES_MAJOR} or newer`}`, rejected);
}

function isRecent(version: { major: number; minor: number }): boolean {
  const [major = 0, minor = 0] = MINIMUM_NATS_VERSION.split('.').map(Number);
  return version.major > major || (version.major === major && version.minor >= minor);
}

function findNats(folders: readonly string[]): Finding<string> {
  const rejected: string[] = [];
  for (const program of folders.map((folder) => join(folder, 'nats-server')).filter(isProgram)) {
    const version = versionOf(program);
    if (version !== undefined && isRecent(version)) return { found: program };
    rejected.push(
      version === undefined ? `${program} does not run` : `${program} is ${version.major}.${version.minor}`,
    );
  }
  return missing(`nats-server, version ${MINIMUM_NATS_VERSION} or newer`, rejected);
}

/**
 * Finds PostgreSQL 15+: on `PATH` first, then in the folders where distributions put it, newest first.
 *
 * All programs come from one folder, so that `pg_dump` is never older than the server.
 *
 * @throws ServerToolsMissing
 */
export function findPostgresBinaries(places: SearchPlaces = {}): PostgresBinaries {
  const { found, problem } = findPostgres(candidateFolders(places), places.postgresMajor);
  if (found === undefined) throw new ServerToolsMissing([problem]);
  return found;
}

/**
 * Finds nats-server 2.9+ in the same way.
 *
 * @throws ServerToolsMissing
 */
export function findNatsServer(places: SearchPlaces = {}): string {
  const { found, problem } = findNats(candidateFolders(places));
  if (found === undefined) throw new ServerToolsMissing([problem]);
  return found;
}

/**
 * Finds both servers.
 *
 * @throws ServerToolsMissing naming each one that is missing or too old
 */
export function findServerBinaries(places: SearchPlaces = {}): ServerBinaries {
  const folders = candidateFolders(places);
  const postgres = findPostgres(folders, places.postgresMajor);
  const nats = findNats(folders);
  if (postgres.found === undefined || nats.found === undefined) {
    throw new ServerToolsMissing([postgres.problem, nats.problem].filter((problem) => problem !== undefined));
  }
  return { ...postgres.found, natsServer: nats.found };
}
