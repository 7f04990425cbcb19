import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { slotOf } from '#libs/kernel';
import { canonicalJson } from '../canonical-form.ts';
import { ChainLinks, type StoredEvent } from './chain-link.ts';
import { blockOf } from './log-format.contract.ts';
import { isSignedBy, signedBytes, ZERO_HASH, type SignedHead } from './signed-head.ts';
import { keyIdOf, publicKeysFrom } from './signing-key.ts';

const hash = z.string();
const number = z.number();
const facts = z.tuple([
  number,
  number,
  number,
  z.string(),
  z.string(),
  z.string(),
  number,
  z.string(),
  number,
  z.string(),
  z.string(),
]);
const statement = z.tuple([
  z.literal('steward-log-head'),
  z.literal(1),
  hash,
  number,
  number,
  number,
  number,
  hash,
  hash,
  hash,
  hash,
]);

function storedEvent(block: string): StoredEvent {
  const [line = '', data = '', metadata = '', ...rest] = blockOf(block).split('\n');
  if (rest.length > 0) throw new Error(`${block} has more than three lines`);
  const [lane, position, slot, tenant, streamId, category, streamVersion, type, typeVersion, id, at] = facts.parse(
    JSON.parse(line),
  );
  return {
    ...{
      lane,
      position,
      slot,
      tenant,
      stream_id: streamId,
      category,
      stream_version: streamVersion,
      type,
      id,
      content: `${data}\n${metadata}`,
    },
    ...{ type_version: typeVersion, recorded_at: at.replace('Z', '000AD'), hash: '' },
  };
}

function signedHead(): SignedHead {
  const [, , incarnation, epoch, head, lane, position, of, at, keyId, previous] = statement.parse(
    JSON.parse(blockOf('statement')),
  );
  const signature = Buffer.from(blockOf('signature'), 'base64');
  return { incarnation, epoch, number: head, lane, position, hash: of, at, keyId, previous, signature };
}

describe('the examples of docs/log-format.md', () => {
  it.each([
    ['event-1', 'hash-1', ZERO_HASH],
    ['event-2', 'hash-2', blockOf('hash-1')],
  ])('have the hash that the page gives: %s', (event, expected, previous) => {
    const bytes = Buffer.concat([Buffer.from(previous, 'hex'), Buffer.from(blockOf(event))]);

    expect(createHash('sha256').update(bytes).digest('hex')).toBe(blockOf(expected));
    expect(new ChainLinks().after(previous, storedEvent(event))).toBe(blockOf(expected));
  });

  it.each(['event-1', 'event-2'])('are in the form that the page describes: %s', (block) => {
    const event = storedEvent(block);

    expect(slotOf(event.tenant, event.stream_id)).toBe(event.slot);
    for (const line of blockOf(block).split('\n')) expect(canonicalJson(JSON.parse(line))).toBe(line);
  });

  it('are signed by the key that the page shows', () => {
    const [key] = publicKeysFrom(blockOf('public-key'));
    const head = signedHead();

    expect(signedBytes(head).toString()).toBe(blockOf('statement'));
    expect(head).toMatchObject({ hash: blockOf('hash-2'), previous: ZERO_HASH, keyId: keyIdOf(key ?? Buffer.of()) });
    expect(isSignedBy(key ?? Buffer.of(), head)).toBe(true);
    expect(isSignedBy(key ?? Buffer.of(), { ...head, position: 3 })).toBe(false);
  });

  it('are signed by no key of another kind, and by nothing that is no key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed448');
    const head = signedHead();
    const signed = { ...head, signature: sign(null, signedBytes(head), privateKey) };

    expect(isSignedBy(publicKey.export({ format: 'der', type: 'spki' }), signed)).toBe(false);
    expect(isSignedBy(Buffer.from('x'), signed)).toBe(false);
  });
});
