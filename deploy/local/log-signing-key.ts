import { generateKeyPairSync } from 'node:crypto';
import { knownSecret, localSecret } from './secrets.ts';

const NAME = 'log signing key';

/** The key with which this installation signs the heads of its logs: made at its first use, gone with `--fresh`. */
export function localSigningKey(folder: string): string {
  return localSecret(folder, NAME, newKey);
}

/** The same, if there is one already. */
export function knownSigningKey(folder: string): string | undefined {
  return knownSecret(folder, NAME);
}

/** Without the event store, which would take half a second of the start to load. */
function newKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}
