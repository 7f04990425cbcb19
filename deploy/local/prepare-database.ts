import { migrateService } from '#libs/event-store';
import { serviceMigrations } from '../../tools/migrate/service-migrations.ts';
import type { LocalLogins } from './local-logins.ts';
import type { ServiceName } from './ports.ts';

export type DatabasePlan = Readonly<{
  root: string;
  names: readonly ServiceName[];
  /** The server's superuser: makes the roles. */
  adminUrl: string;
  logins: LocalLogins;
}>;

/**
 * Makes the roles of the services, and brings their schemas up to date as the owner. Data of before there were roles
 * becomes the owner's.
 *
 * @returns what was done, for people
 */
export async function prepareDatabase({ root, names, adminUrl, logins }: DatabasePlan): Promise<readonly string[]> {
  const done: string[] = [];
  for (const name of names) {
    const lines = await migrateService({
      url: logins.services[name],
      ownerUrl: logins.ownerUrl,
      adminUrl,
      backupUrl: name === 'recovery' ? logins.backupUrl : undefined,
      schema: name,
      migrations: await serviceMigrations(root, name),
    });
    done.push(...lines.map((line) => `${name}: ${line}`));
  }
  return done;
}
