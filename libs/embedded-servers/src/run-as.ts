import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** The user that a server runs as when this process is root. */
export type RunAs = Readonly<{ name: string; uid: number; gid: number }>;

const UNPRIVILEGED_USERS = ['postgres', '_postgres', 'nobody'];

function lookUp(name: string): RunAs | undefined {
  try {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })));
    return uid === undefined || gid === undefined || uid === 0 ? undefined : { name, uid, gid };
  } catch {
    return undefined; // `id` fails when there is no such user
  }
}

/**
 * Whom to run a server as: PostgreSQL refuses to be root. The owner of data that exists already, else the user that was
 * asked for, else `postgres`, else `nobody`. Undefined when this process is no root, since then it can only be itself.
 *
 * @throws Error when this process is root and no such user exists
 */
export function chooseUser(dataFolder: string, asUser?: string): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(dataFolder, { throwIfNoEntry: false });
  if (owner !== undefined && owner.uid !== 0) return { name: `user ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  const names = asUser === undefined ? UNPRIVILEGED_USERS : [asUser];
  for (const name of names) {
    const user = lookUp(name);
    if (user !== undefined) return user;
  }
  throw new Error(
    `A server must not run as root, and there is no user ${names.join(', ')}: create one, or do not be root.`,
  );
}
