import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { tenantId } from '#libs/kernel';
import type { ApiKeyEntry } from './api-key-entry.ts';
import type { Principal } from './principal.ts';

const KEY = /^stw_[\w-]{43}$/;

/** A fresh key (`stw_` and 32 random bytes in base64url) and the hash that the configuration holds. */
export function generateApiKey(): Readonly<{ key: string; sha256: string }> {
  const key = `stw_${randomBytes(32).toString('base64url')}`;
  return { key, sha256: hashOf(key).toString('hex') };
}

/**
 * Recognises keys by their hash, so that neither configuration nor memory holds one.
 *
 * The lookup goes by the hash of what was sent, which the sender cannot steer, and ends in a constant-time comparison: the
 * time an answer takes tells nothing about configured keys.
 */
export class ApiKeyDirectory {
  readonly #byHash: ReadonlyMap<string, Readonly<{ digest: Buffer; principal: Principal }>>;

  /** @throws MalformedId when a tenant has the wrong form */
  constructor(entries: readonly ApiKeyEntry[]) {
    this.#byHash = new Map(
      entries.map((entry) => [
        entry.sha256,
        { digest: Buffer.from(entry.sha256, 'hex'), principal: principalOf(entry) },
      ]),
    );
  }

  /** Whose key it is; undefined for text that is no key and for keys that nobody configured. */
  find(key: string): Principal | undefined {
    if (!KEY.test(key)) return undefined;
    const digest = hashOf(key);
    const candidate = this.#byHash.get(digest.toString('hex'));
    return candidate && timingSafeEqual(candidate.digest, digest) ? candidate.principal : undefined;
  }
}

function principalOf({ id, tenant, roles }: ApiKeyEntry): Principal {
  return Object.freeze({
    keyId: id,
    tenant: tenant === '*' ? '*' : tenantId(tenant),
    roles: Object.freeze([...roles]),
  });
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
