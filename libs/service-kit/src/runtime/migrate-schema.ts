import { z } from 'zod';
import { migrateService } from '#libs/event-store';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { loadConfiguration, type Environment, type ReadFile } from '../configuration/load-configuration.ts';
import { setting, urlWith } from '../configuration/setting.ts';
import { migrationsOf } from './open-database.ts';
import type { ServiceParts } from './service-definition.ts';

const { ENVIRONMENT, DATABASE_URL, DATABASE_OWNER_URL, DATABASE_SCHEMA } = baseConfiguration.shape;
const postgresUrl = (description: string): z.ZodOptional<z.ZodType<string, string>> =>
  setting(urlWith('postgres', 'postgresql').optional(), {
    description,
    expected: 'a URL postgresql://user:password@host:port/database',
    secret: true,
  });

/** What preparing a database needs; none of the secrets with which a service works. */
const migrationConfiguration = z.object({
  ENVIRONMENT,
  DATABASE_URL,
  DATABASE_OWNER_URL,
  DATABASE_SCHEMA,
  DATABASE_ADMIN_URL: postgresUrl('Who makes the roles.'),
  BACKUP_DATABASE_URL: postgresUrl('Who reads everything for backups.'),
});

export type MigrationConfiguration = z.infer<typeof migrationConfiguration>;

/** What `main.js --migrate` reads from its environment. @throws ConfigurationInvalid */
export function readMigrationConfiguration(environment: Environment, readFile: ReadFile): MigrationConfiguration {
  return loadConfiguration(migrationConfiguration, environment, readFile);
}

/**
 * Prepares the database of a service: roles, migrations, grants.
 *
 * @returns what was done, for people
 * @throws LoginRefused RightsMissing RoleUnnamed StoreUnavailable
 */
export async function migrateSchema(
  parts: Pick<ServiceParts, 'migrations'>,
  settings: MigrationConfiguration,
): Promise<readonly string[]> {
  return migrateService({
    url: settings.DATABASE_URL,
    ownerUrl: settings.DATABASE_OWNER_URL,
    adminUrl: settings.DATABASE_ADMIN_URL,
    backupUrl: settings.BACKUP_DATABASE_URL,
    schema: settings.DATABASE_SCHEMA,
    migrations: migrationsOf(parts),
  });
}
