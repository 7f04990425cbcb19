import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeysFrom, publicPemOf } from '#libs/event-store';
import { runningLocalLogins } from '../../deploy/local/local-logins.ts';
import { knownSigningKey } from '../../deploy/local/log-signing-key.ts';
import { databaseUrl, WrongUsage, type Options, type ServiceName } from './options.ts';

/** Where a service's log is, and which keys may have signed its heads. */
export type LogPlace = Readonly<{
  service: ServiceName;
  /** A secret. */
  url: string;
  schema: string;
  publicKeys: readonly Buffer[] | undefined;
}>;

/** @param folder of a local installation's data @throws WrongUsage when no database is named and none runs here */
export function findLog(service: ServiceName, options: Options, folder: string): LogPlace {
  const schema = options.schema ?? service;
  const name = `${service.toUpperCase()}_DATABASE_URL`;
  const url = options.database ?? fromEnvironment(name) ?? fromEnvironment('DATABASE_URL');
  if (url !== undefined) return { service, url, schema, publicKeys: options.publicKeys };
  const logins = runningLocalLogins(folder);
  if (!logins) {
    throw new WrongUsage(
      `Neither --database nor ${name} nor DATABASE_URL says where the log is, and npm start does not run here.`,
    );
  }
  // The services run with this key, or with one that their shell gave them: then --public-key is needed.
  const key = knownSigningKey(folder);
  const known = key === undefined ? undefined : publicKeysFrom(publicPemOf(key));
  return { service, url: logins.services[service], schema, publicKeys: options.publicKeys ?? known };
}

function fromEnvironment(name: string): string | undefined {
  const [direct, file] = [process.env[name]?.trim() ?? '', process.env[`${name}_FILE`]?.trim() ?? ''];
  const text = direct === '' && file !== '' ? contentOf(name, file) : direct;
  return text === '' ? undefined : databaseUrl(name, text);
}

function contentOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new WrongUsage(`${name}_FILE names ${file}, which cannot be read.`, { cause: error });
  }
}

/** @param root of this checkout */
export const localFolder = (root: string): string => join(root, '.local');
