import { z } from 'zod';
import {
  baseConfiguration,
  loadConfiguration,
  setting,
  urlWith,
  type Environment,
  type ReadFile,
} from '#libs/service-kit';

/** What recovery-service reads from its environment, besides what every service does. */
export const recoveryConfiguration = baseConfiguration.extend({
  BACKUP_FOLDER: setting(z.string().min(1).default('.local/backups'), {
    description: 'Folder that backups go to; replicas share it. Keep it on other storage than the database.',
    expected: 'path of a folder that the service may write to',
  }),
  BACKUP_DATABASE_URL: setting(urlWith('postgres', 'postgresql').optional(), {
    description: 'The database that is backed up, by a role that may read all of it and create databases.',
    expected: 'a URL postgresql://user:password@host:port/database, directly to the server and through no pooler',
    secret: true,
    defaultText: 'DATABASE_URL',
  }),
  PG_BIN_FOLDER: setting(z.string().min(1).optional(), {
    description: 'Folder with pg_dump and pg_restore, of the same major version as the server or a newer one.',
    expected: 'path of a folder',
    defaultText: "searched on PATH and in the distributions' usual folders",
  }),
});

export type RecoveryConfiguration = z.infer<typeof recoveryConfiguration>;

/** @throws ConfigurationInvalid */
export function readRecoveryConfiguration(environment: Environment, readFile: ReadFile): RecoveryConfiguration {
  return loadConfiguration(recoveryConfiguration, environment, readFile);
}
