import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DataFolderInUse, DataFolderNotOurs } from './errors.ts';
import { commandOf } from './processes.ts';
import type { RunAs } from './run-as.ts';
import { waitUntil } from './wait-until.ts';

/** Where data goes that its server could not reach in the place that was asked for. */
const REACHABLE_BASE = process.platform === 'linux' ? '/var/lib/steward' : '/usr/local/var/steward';

/** How to recognise a server that works on a data folder. */
export type ServerKind = Readonly<{ program: string; pidFile: string }>;

export const POSTGRES: ServerKind = { program: 'postgres', pidFile: 'postmaster.pid' };
export const NATS: ServerKind = { program: 'nats-server', pidFile: 'nats-server.pid' };

function mayEnter(folder: string, user: RunAs): boolean {
  const { mode, uid, gid } = statSync(folder);
  if (uid === user.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === user.gid ? 0o010 : 0o001)) !== 0;
}

/** The topmost folder on the way to `path` that the user may not enter. */
function barrier(path: string, user: RunAs): string | undefined {
  const above = path === dirname(path) ? undefined : barrier(dirname(path), user);
  return above ?? (mayEnter(path, user) ? undefined : path);
}

/** Creates the folder whatever the umask is, and gives it to the user. */
export function makePrivateFolder(folder: string, user: RunAs | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (user === undefined) return;
  chownSync(folder, user.uid, user.gid);
  chmodSync(folder, 0o700);
}

function makeEnterable(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Puts the data where the user can reach it, with a link to it where it was asked for. */
function moveWithinReach(folder: string): string {
  const place = join(
    REACHABLE_BASE,
    createHash('sha256').update(dirname(folder)).digest('hex').slice(0, 12),
    basename(folder),
  );
  if (existsSync(folder) && !isLink(folder)) rmdirSync(folder); // empty, or this fails with the reason
  makeEnterable(REACHABLE_BASE);
  makeEnterable(dirname(place));
  // Without a link to it, this is what a removed clone in the same path has left.
  if (!isLink(folder)) removeDataFolder(place);
  rmSync(folder, { force: true });
  symlinkSync(place, folder);
  return place;
}

/**
 * Where the data of a server really is: the folder itself, or, when root runs the server as a user that may not enter
 * a folder on the way (a clone in /root), a folder in /var/lib/steward that a symbolic link then points to.
 * Makes the folders above it, not the folder itself.
 *
 * @throws DataFolderNotOurs
 */
export function placeDataFolder(asked: string, user: RunAs | undefined, say: (line: string) => void): string {
  mkdirSync(dirname(asked), { recursive: true });
  const folder = join(realpathSync(dirname(asked)), basename(asked));
  if (user === undefined) {
    const owner = statSync(folder, { throwIfNoEntry: false })?.uid;
    if (owner !== undefined && owner !== process.getuid?.()) {
      throw new DataFolderNotOurs(asked, `it belongs to user ${owner}`);
    }
    return isLink(folder) && existsSync(folder) ? realpathSync(folder) : folder;
  }
  if (isLink(folder) && existsSync(folder)) return realpathSync(folder);
  const closed = barrier(dirname(folder), user);
  if (closed === undefined) return folder;
  const place = moveWithinReach(folder);
  say(`The data is in ${place}, because ${user.name} may not enter ${closed}.`);
  return place;
}

/** The process that a server's pid file names, if it lives and works on this data; the number may belong to another one now. */
function serverOf(folder: string, server: ServerKind): number | undefined {
  const pidFile = join(folder, server.pidFile);
  if (!existsSync(pidFile)) return undefined;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  const command = Number.isSafeInteger(pid) && pid > 1 ? commandOf(pid) : undefined;
  return command?.includes(server.program) === true && command.includes(folder) ? pid : undefined;
}

/**
 * Waits for a server on this data that is just ending, then clears the pid file of a killed one. PostgreSQL itself would
 * refuse to start when the number in that file belongs to any process of the same user.
 *
 * @throws DataFolderInUse when it still runs after `deadlineMs`
 */
export async function claimDataFolder(folder: string, server: ServerKind, deadlineMs = 10_000): Promise<void> {
  await waitUntil(() => serverOf(folder, server) === undefined, deadlineMs, 100);
  const pid = serverOf(folder, server);
  if (pid !== undefined) throw new DataFolderInUse(folder, pid);
  rmSync(join(folder, server.pidFile), { force: true });
}

/**
 * The process of the server that works on the data in this folder now, if there is one.
 * Knows servers that this lib started.
 */
export function dataFolderInUseBy(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const place = realpathSync(folder);
  return serverOf(place, POSTGRES) ?? serverOf(place, NATS);
}

/** What we made above data that had to go elsewhere goes with the last of it. */
function removeIfEmpty(folder: string): void {
  if (dirname(folder) === REACHABLE_BASE && readdirSync(folder).length === 0) rmdirSync(folder);
}

/**
 * Removes the data of a server for ever, wherever it really is. Nothing happens when there is none.
 *
 * @throws DataFolderInUse
 */
export function removeDataFolder(folder: string): void {
  const pid = dataFolderInUseBy(folder);
  if (pid !== undefined) throw new DataFolderInUse(folder, pid);
  if (isLink(folder) && existsSync(folder)) {
    const place = realpathSync(folder);
    rmSync(place, { recursive: true, force: true });
    removeIfEmpty(dirname(place));
  }
  rmSync(folder, { recursive: true, force: true });
}
