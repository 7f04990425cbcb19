import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runningLocalLogins } from '../../deploy/local/local-logins.ts';
import type { ServiceName } from '../migrate/service-migrations.ts';
import { WrongUsage } from './options.ts';

/** Who the service runs as, from the environment, or of the installation that runs in this folder. @throws WrongUsage */
export function databaseUrlOf(service: ServiceName, root: string): string {
  const names = [`${service.toUpperCase()}_DATABASE_URL`, 'DATABASE_URL'];
  for (const name of names) {
    const value = setting(name);
    if (value !== undefined) return checked(name, value);
  }
  const local = runningLocalLogins(join(root, '.local'));
  if (local) return local.services[service];
  throw new WrongUsage(`${names.join(' or ')} is not set, and npm start does not run here. Set it, or start that.`);
}

function setting(name: string): string | undefined {
  const file = process.env[`${name}_FILE`]?.trim() ?? '';
  const value = file === '' ? (process.env[name]?.trim() ?? '') : contentOf(name, file);
  return value === '' ? undefined : value;
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new WrongUsage(`${name}_FILE names ${file}, which cannot be read.`, { cause: error });
  }
}

function checked(name: string, value: string): string {
  if (/^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value;
  throw new WrongUsage(
    `${name} has no correct value (not shown). Write it as postgresql://user:password@host:port/database.`,
  );
}
