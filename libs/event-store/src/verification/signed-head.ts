import { createHash, createPublicKey, verify } from 'node:crypto';
import { canonicalJson } from '../canonical-form.ts';

/** What a signature of a head says: at this time, this was the newest event of the lane. */
export type HeadStatement = Readonly<{
  /** Id of the store's life (`incarnations.id`), so that a head of another database is none of this one. */
  incarnation: string;
  epoch: number;
  /** Order of the signed heads of this log, from 1, without gaps. */
  number: number;
  lane: number;
  position: number;
  /** Hash of the event at that position, hexadecimal. */
  hash: string;
  /** On the database's clock, ISO 8601 in UTC to the millisecond. */
  at: string;
  /** See `keyIdOf`. */
  keyId: string;
  /** sha256 of the signature before this one, hexadecimal; zeros for the first. */
  previous: string;
}>;

/** A statement with the signature of whoever `keyId` names. */
export type SignedHead = HeadStatement & Readonly<{ signature: Buffer }>;

/** `previous` of the first signed head, and the hash before the first event of a lane. */
export const ZERO_HASH = '0'.repeat(64);

/** The bytes that are signed; written down in docs/log-format.md. */
export function signedBytes(head: HeadStatement): Buffer {
  const { incarnation, epoch, number, lane, position, hash, at, keyId, previous } = head;
  return Buffer.from(
    canonicalJson(['steward-log-head', 1, incarnation, epoch, number, lane, position, hash, at, keyId, previous]),
  );
}

/** @param publicKey Ed25519, as SubjectPublicKeyInfo in DER; one that cannot be read has signed nothing */
export function isSignedBy(publicKey: Buffer, head: SignedHead): boolean {
  try {
    const key = createPublicKey({ key: publicKey, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' && verify(null, signedBytes(head), key, head.signature);
  } catch {
    return false; // the column holds no key: whoever changed it made the signature worthless
  }
}

/** What the next signed head names as its `previous`. */
export function hashOfSignature(signature: Buffer): string {
  return createHash('sha256').update(signature).digest('hex');
}
