import type { MigrationClass } from '../postgres/migrate.ts';
import { ensureBackupRole, prepareRoles } from './prepare-roles.ts';
import { updateSchema } from './schema-update.ts';

export type ServiceMigration = Readonly<{
  /** Who the service runs as. */
  url: string;
  /** Who owns the schema. @default who the service runs as */
  ownerUrl?: string | undefined;
  /** Makes owner and roles first, and gives the owner what was somebody else's. @default they exist */
  adminUrl?: string | undefined;
  /** Who reads everything for a backup, when this is the service that makes them. */
  backupUrl?: string | undefined;
  schema: string;
  /** The service's own migrations; those of the log come first. */
  migrations: readonly MigrationClass[];
}>;

/**
 * All that has to happen before a service starts as a role of its own: roles, migrations, grants. Safe to run again,
 * and from any number of processes at once.
 *
 * @returns what was done, for people; nothing when all is as it should be
 * @throws LoginRefused RightsMissing RoleUnnamed StoreUnavailable
 */
export async function migrateService(options: ServiceMigration): Promise<readonly string[]> {
  const { url, ownerUrl = url, schema, migrations } = options;
  const roles = await makeRoles(options, ownerUrl);
  const { ran, granted } = await updateSchema({
    ownerUrl,
    runtimeUrl: url,
    schema,
    applicationName: 'steward:migrate',
    migrations,
  });
  return [...roles, ...ran.map((name) => `ran the migration ${name}`), ...granted];
}

async function makeRoles(
  { url, adminUrl, backupUrl, schema }: ServiceMigration,
  ownerUrl: string,
): Promise<readonly string[]> {
  if (adminUrl !== undefined) {
    return prepareRoles({ adminUrl, ownerUrl, runtimeUrls: [url], backupUrl, schemas: [schema] });
  }
  return backupUrl === undefined ? [] : ensureBackupRole(ownerUrl, backupUrl);
}
