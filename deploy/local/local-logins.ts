import { dataFolderInUseBy } from '#libs/embedded-servers';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceName } from './ports.ts';
import { localSecret, SECRETS_FILE } from './secrets.ts';

/** Who logs in to the database of a local installation, as URLs: each one a secret. */
export type LocalLogins = Readonly<{
  /** Owns the schemas and migrates them; no service knows it. */
  ownerUrl: string;
  /** Who each service runs as. */
  services: Readonly<Record<ServiceName, string>>;
  /** Reads everything for backups; recovery-service knows it, too. */
  backupUrl: string;
}>;

export const DATABASE = 'steward';
export const POSTGRES_FOLDER = 'postgres';

/** Passwords are made at the first use and kept. @param folder of the installation's data, which exists */
export function localLogins(folder: string, port: number): LocalLogins {
  const urlOf = (part: string): string => {
    const role = `steward_${part}`;
    const password = localSecret(folder, `database password of ${role}`, () => randomBytes(24).toString('hex'));
    return `postgresql://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  };
  return {
    ownerUrl: urlOf('owner'),
    services: {
      agent: urlOf('agent'),
      health: urlOf('health'),
      maintenance: urlOf('maintenance'),
      recovery: urlOf('recovery'),
    },
    backupUrl: urlOf('backup'),
  };
}

/** The logins of the installation that `npm start` runs in this folder now, if there is one. */
export function runningLocalLogins(folder: string): LocalLogins | undefined {
  const data = join(folder, POSTGRES_FOLDER);
  if (!existsSync(join(folder, SECRETS_FILE)) || dataFolderInUseBy(data) === undefined) return undefined;
  const port = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[3]);
  return Number.isSafeInteger(port) && port > 0 ? localLogins(folder, port) : undefined;
}
