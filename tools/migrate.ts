/** `npm run migrate`: prepares the database of the services, as their owner. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runningLocalLogins } from '../deploy/local/local-logins.ts';
import { migrateService, type ServiceMigration } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { isServiceName, serviceMigrations, SERVICES, type ServiceName } from './migrate/service-migrations.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const HELP = `Brings the database of the services up to date: runs the migrations as the owner of the schemas, and gives the role that
each service runs as exactly what it needs. Says what it did. Safe to run again, and from several places at once.

  npm run migrate -- [service ...] [--help]

  service   agent, health, maintenance, recovery (default: all of them)

Settings come from the environment, or from files (<name>_FILE):

  <SERVICE>_DATABASE_URL  who the service runs as, AGENT_DATABASE_URL and so on; DATABASE_URL stands in for all of them.
                          The role is made when it is missing and the owner may make roles
  DATABASE_OWNER_URL      who owns the schemas; without it the services' own roles do, which production refuses
  DATABASE_ADMIN_URL      optional, once for a new server: a superuser that makes all roles, and gives the owner what was
                          somebody else's
  BACKUP_DATABASE_URL     for recovery: who reads everything for backups; the role is made like the others

Without any of them it looks after what npm start runs in this folder; npm start itself does this each time.
In a container the same is "node service/main.js --migrate", for the service of the image.

It exits with 0 when all is up to date, with 1 when it cannot be brought up to date, with 2 when the options are wrong.
`;

type Logins = Omit<ServiceMigration, 'schema' | 'migrations'>;

/** The options or settings are wrong; the message says how. */
class WrongUsage extends Error {}

function setting(name: string): string | undefined {
  const [direct, file] = [process.env[name]?.trim() ?? '', process.env[`${name}_FILE`]?.trim() ?? ''];
  if (direct !== '' && file !== '') throw new WrongUsage(`${name} and ${name}_FILE are both set; give one of them.`);
  const value = file === '' ? direct : contentOf(name, file);
  if (value === '') return undefined;
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new WrongUsage(
      `${name} has no correct value (not shown). Write it as postgresql://user:password@host:port/database.`,
    );
  }
  return value;
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new WrongUsage(`${name}_FILE names ${file}, which cannot be read.`, { cause: error });
  }
}

function loginsFromEnvironment(service: ServiceName): Logins | undefined {
  const name = `${service.toUpperCase()}_DATABASE_URL`;
  const url = setting(name) ?? setting('DATABASE_URL');
  const ownerUrl = setting('DATABASE_OWNER_URL');
  if (url === undefined && ownerUrl === undefined) return undefined;
  if (url === undefined) throw new WrongUsage(`DATABASE_OWNER_URL is set, but neither ${name} nor DATABASE_URL.`);
  return {
    url,
    ownerUrl,
    adminUrl: setting('DATABASE_ADMIN_URL'),
    backupUrl: service === 'recovery' ? setting('BACKUP_DATABASE_URL') : undefined,
  };
}

function localLoginsOf(service: ServiceName): Logins {
  const logins = runningLocalLogins(join(ROOT, '.local'));
  if (!logins) {
    throw new WrongUsage('DATABASE_URL is not set, and npm start does not run here. Set it, or start that.');
  }
  const { ownerUrl, services, backupUrl } = logins;
  return { url: services[service], ownerUrl, backupUrl: service === 'recovery' ? backupUrl : undefined };
}

function chosen(names: readonly string[]): readonly ServiceName[] {
  const unknown = names.find((name) => !isServiceName(name));
  if (unknown !== undefined)
    throw new WrongUsage(`There is no service "${unknown}"; there are ${SERVICES.join(', ')}.`);
  return names.length === 0 ? SERVICES : names.filter(isServiceName);
}

async function main(): Promise<number> {
  const { values, positionals } = options();
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  const services = chosen(positionals).map((name) => ({
    name,
    logins: loginsFromEnvironment(name) ?? localLoginsOf(name),
  }));
  for (const { name, logins } of services) {
    const done = await migrateService({ ...logins, schema: name, migrations: await serviceMigrations(ROOT, name) });
    for (const line of done) console.log(`${name}: ${line}`);
    console.log(`${name}: ${done.length === 0 ? 'was up to date.' : 'is up to date.'}`);
  }
  return 0;
}

function options() {
  try {
    return parseArgs({ options: { help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  const isForeseen = error instanceof WrongUsage || error instanceof DomainError;
  console.error(isForeseen ? error.message : error);
  if (error instanceof WrongUsage) console.error('npm run migrate -- --help says more.');
  process.exitCode = error instanceof WrongUsage ? 2 : 1;
}
