import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { canonicalJson, chainHash, fingerprintOf, type HashedEvent } from './canonical-form.ts';
import { UnstorableEvent } from './errors.ts';
import { position } from './event-store.ts';

const SEED = 20_261_122;
const json = fc.jsonValue({ maxDepth: 5, stringUnit: 'grapheme' });

/** The same document with the members of every object in the opposite order. */
function reordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}

describe('the canonical form of a JSON value', () => {
  it('is one, in whatever order the keys came', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(reordered(value))).toBe(canonicalJson(value));
      }),
      { seed: SEED },
    );
  });

  it('reads back as the value it was made of, and is then stable', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { seed: SEED },
    );
  });

  it('differs for values that differ', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        const areSame = JSON.stringify(reordered(left)) === JSON.stringify(reordered(right));
        if (!areSame && canonicalJson(left) === canonicalJson(right)) expect(left).toEqual(right);
      }),
      { seed: SEED },
    );
  });

  it('orders keys by UTF-16 code units, not by code points or a language', () => {
    const text = canonicalJson({ '\ufb33': 1, '\u{1f600}': 2, é: 3, b: 4, a: 5, B: 6, 10: 7, 9: 8 });

    expect(text).toBe('{"10":7,"9":8,"B":6,"a":5,"b":4,"é":3,"\u{1f600}":2,"\ufb33":1}');
  });

  it('leaves out undefined members and writes times as ISO 8601', () => {
    expect(canonicalJson({ b: undefined, a: new Date(0) })).toBe('{"a":"1970-01-01T00:00:00.000Z"}');
  });

  it.each([
    { name: 'U+0000 in a text', value: { a: ['x', 'y\u0000z'] }, pointer: '#/a/1' },
    { name: 'U+0000 in a key', value: { 'a\u0000': 1 }, pointer: '#/a\u0000' },
    { name: 'half a surrogate pair', value: { a: '\ud83d' }, pointer: '#/a' },
    { name: 'half a surrogate pair in a key', value: { '\ude00': 1 }, pointer: '#/\ude00' },
    { name: 'NaN', value: [Number.NaN], pointer: '#/0' },
    { name: 'infinity', value: { 'a/b~c': -Infinity }, pointer: '#/a~1b~0c' },
    { name: 'a bigint', value: { a: 1n }, pointer: '#/a' },
    { name: 'a function', value: { a: () => 1 }, pointer: '#/a' },
    { name: 'undefined in an array', value: [undefined], pointer: '#/0' },
  ])('refuses $name and says where', ({ value, pointer }) => {
    const refusal = refusalOf(() => canonicalJson(value));

    expect(refusal.violations.map((violation) => violation.pointer)).toEqual([pointer]);
  });

  it('takes 64 levels and refuses the 65th', () => {
    expect(() => canonicalJson(nested(64))).not.toThrow();
    expect(() => canonicalJson(nested(65))).toThrow(UnstorableEvent);
  });
});

describe('the hash of an event', () => {
  const event: HashedEvent = {
    position: position(7),
    lane: 0,
    slot: 3,
    tenant: tenantId('demo'),
    streamId: streamId('item', 'flour'),
    category: 'item',
    streamVersion: 2,
    type: 'counted',
    typeVersion: 1,
    id: sequentialIds().nth(1),
    recordedAt: '2026-01-01T12:00:00.000Z',
    data: '{"number":1}',
    metadata: '{"actor":"spec"}',
  };
  const before = Buffer.alloc(32);

  it.each<Partial<HashedEvent>>([
    { position: position(8) },
    { lane: 1 },
    { slot: 4 },
    { tenant: tenantId('other') },
    { streamId: streamId('item', 'salt') },
    { category: 'order' },
    { streamVersion: 3 },
    { type: 'recounted' },
    { typeVersion: 2 },
    { id: sequentialIds().nth(2) },
    { recordedAt: '2026-01-01T12:00:00.001Z' },
    { data: '{"number":2}' },
    { metadata: '{"actor":"other"}' },
  ])('changes with %j', (change) => {
    expect(chainHash(before, { ...event, ...change })).not.toEqual(chainHash(before, event));
  });

  it('changes with the event before it', () => {
    expect(chainHash(Buffer.alloc(32, 1), event)).not.toEqual(chainHash(before, event));
  });

  it('does not take a piece of the data for a piece of the metadata', () => {
    const moved = { ...event, data: '{"number":1}\n{}', metadata: '' };

    expect(chainHash(before, moved)).not.toEqual(chainHash(before, { ...event, metadata: '{}' }));
  });

  it('is a sha256 that a person can recompute', () => {
    expect(fingerprintOf('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

function refusalOf(act: () => unknown): UnstorableEvent {
  try {
    act();
  } catch (error) {
    if (error instanceof UnstorableEvent) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
