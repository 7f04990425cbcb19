import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { UnusableSigningKey } from './verification.errors.ts';

/** Signs heads. The private key may be elsewhere, as in a key management service. */
export interface HeadSigningKey {
  /** Ed25519, as SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
  /** The Ed25519 signature of the bytes. */
  sign(payload: Buffer): Buffer | Promise<Buffer>;
}

const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[\s\S]+?-----END \1-----/g;
const KEY_ID_LENGTH = 32;

/** How heads name the key that signed them: the first 128 bits of the sha256 of its public half, hexadecimal. */
export function keyIdOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, KEY_ID_LENGTH);
}

/** A new private key, PKCS #8 in PEM. A secret. */
export function newSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
}

/**
 * A private key that is at hand: PKCS #8 in PEM (its line breaks may be written `\n`), or PEM or DER in base64.
 * @throws UnusableSigningKey which says nothing of the text
 */
export function signingKeyFrom(text: string): HeadSigningKey {
  const key = privateKeyOf(text.trim().replaceAll('\\n', '\n'));
  return { publicKey: publicHalf(key), sign: (payload) => sign(null, payload, key) };
}

/** The same key's public half in PEM, for those who check signatures. @throws UnusableSigningKey */
export function publicPemOf(text: string): string {
  const key = privateKeyOf(text.trim().replaceAll('\\n', '\n'));
  return createPublicKey(key).export({ format: 'pem', type: 'spki' }).toString();
}

/**
 * All public keys of a text in PEM, as SubjectPublicKeyInfo in DER.
 * @throws UnusableSigningKey when there is none, or one that is no Ed25519 public key
 */
export function publicKeysFrom(text: string): readonly Buffer[] {
  const blocks = text.match(PEM_BLOCK) ?? [];
  if (blocks.length === 0) throw new UnusableSigningKey('public');
  return blocks.map((block) => publicHalf(readKey('public', () => createPublicKey(block))));
}

function privateKeyOf(text: string): KeyObject {
  if (text.startsWith('-----')) return readKey('private', () => createPrivateKey(text));
  const bytes = Buffer.from(text, 'base64');
  const isPem = bytes.subarray(0, 5).toString() === '-----';
  return readKey('private', () =>
    createPrivateKey(isPem ? bytes.toString() : { key: bytes, format: 'der', type: 'pkcs8' }),
  );
}

function readKey(what: 'private' | 'public', read: () => KeyObject): KeyObject {
  const key = parsed(what, read);
  if (key.asymmetricKeyType !== 'ed25519') throw new UnusableSigningKey(what);
  return key;
}

function parsed(what: 'private' | 'public', read: () => KeyObject): KeyObject {
  try {
    return read();
  } catch (error) {
    throw new UnusableSigningKey(what, { cause: error });
  }
}

function publicHalf(key: KeyObject): Buffer {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ format: 'der', type: 'spki' });
}
