import type { IncomingHttpHeaders } from 'node:http';
import { tenantId } from '#libs/kernel';
import type { ApiKeyEntry } from './api-key-entry.ts';
import { ApiKeyDirectory } from './api-keys.ts';
import { ROLES } from './principal.ts';
import type { Principal } from './principal.ts';

export type AuthenticationSettings = Readonly<{
  AUTHENTICATION: 'on' | 'off';
  DEFAULT_TENANT: string;
  API_KEYS: readonly ApiKeyEntry[];
}>;

/** Finds out who asks, from `Authorization: Bearer <key>` or `X-API-Key: <key>`; the first wins when both are sent. */
export class Authenticator {
  readonly #directory: ApiKeyDirectory;
  readonly #everyone: Principal | undefined;

  constructor(settings: AuthenticationSettings) {
    this.#directory = new ApiKeyDirectory(settings.API_KEYS);
    this.#everyone =
      settings.AUTHENTICATION === 'off'
        ? { keyId: 'development', tenant: '*', defaultTenant: tenantId(settings.DEFAULT_TENANT), roles: ROLES }
        : undefined;
  }

  /**
   * Who sent the headers; undefined without credentials and with wrong ones alike.
   * With authentication off it is always the principal `development`, with every tenant and role;
   * the default tenant is meant when a request names none.
   */
  identify(headers: IncomingHttpHeaders): Principal | undefined {
    if (this.#everyone) return this.#everyone;
    const key = credentialsOf(headers);
    return key === undefined ? undefined : this.#directory.find(key);
  }
}

function credentialsOf(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization !== undefined) return /^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '';
  const header = headers['x-api-key'];
  return Array.isArray(header) ? header[0] : header;
}
