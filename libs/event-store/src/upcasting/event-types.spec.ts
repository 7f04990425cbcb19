import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { correlationId, eventId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { position, type EventStore, type RecordedEvent } from '../event-store.ts';
import { EventTypes } from './event-types.ts';
import { ReadableEventStore } from './readable-event-store.ts';
import { Upcasters } from './upcasters.ts';
import { UnreadableEvent } from './upcasting.errors.ts';

function recorded(type: string, typeVersion: number, data: unknown = {}): RecordedEvent {
  return {
    position: position(42),
    lane: 0,
    slot: 0,
    tenant: tenantId('demo'),
    streamId: streamId('order', '7'),
    category: 'order',
    streamVersion: 1,
    type,
    typeVersion,
    id: eventId(sequentialIds().next()),
    data,
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
    recordedAt: new Date(0),
    hash: '00',
  };
}

const steps = new Upcasters([
  { type: 'placed', from: 1, upcast: (data) => ({ was: data }) },
  { type: 'placed', from: 2, upcast: (data) => ({ was: data }) },
]);
const types = new EventTypes(
  [
    { type: 'placed', version: 3 },
    { type: 'paid', version: 1 },
  ],
  steps,
);

describe('the types of a service', () => {
  it('give an old event the newest data and leave all else as it is', () => {
    const old = recorded('placed', 1, { total: 5 });

    expect(types.read(old)).toEqual({ ...old, typeVersion: 3, data: { was: { was: { total: 5 } } } });
  });

  it('hand a newest event on as it is', () => {
    const event = recorded('paid', 1);

    expect(types.read(event)).toBe(event);
  });

  it.each([
    { what: 'a newer version', event: recorded('paid', 2), says: 'paid version 2' },
    { what: 'an unknown type', event: recorded('refunded', 1), says: 'the type is unknown' },
    { what: 'version 0', event: recorded('paid', 0), says: 'versions 1 to 1 are known' },
  ])('refuse $what, and say where it stands', ({ event, says }) => {
    expect(() => types.read(event)).toThrow(UnreadableEvent);
    expect(() => types.read(event)).toThrow(says);
    expect(() => types.read(event)).toThrow('Position 42 (stream order-7)');
    expect(types.canRead({ type: event.type, version: event.typeVersion })).toBe(false);
  });

  it('say which event an upcaster refused, and why', () => {
    const refused = new Error('no total');
    const strict = new EventTypes(
      [{ type: 'placed', version: 2 }],
      new Upcasters([
        {
          type: 'placed',
          from: 1,
          upcast: () => {
            throw refused;
          },
        },
      ]),
    );

    expect(() => strict.read(recorded('placed', 1))).toThrow(
      expect.objectContaining({ type: 'placed', typeVersion: 1, position: 42, cause: refused }),
    );
  });

  it('never change an event that is read, however deep an upcaster looks', () => {
    fc.assert(
      fc.property(fc.object(), fc.integer({ min: 1, max: 3 }), (data, version) => {
        const event = recorded('placed', version, data);
        const before = structuredClone(event);

        types.read(event);

        expect(event).toEqual(before);
      }),
    );
  });

  it('refuse a type that is named twice', () => {
    const twice = [1, 1].map((version) => ({ type: 'paid', version }));
    expect(() => new EventTypes(twice)).toThrow('named twice: paid');
  });

  it.each([
    { what: 'lead elsewhere', version: 2, says: 'The newest version of placed is 2, and its upcasters lead to 3.' },
    { what: 'are missing', version: 4, says: 'The newest version of placed is 4, and its upcasters lead to 3.' },
  ])('refuse upcasters that $what', ({ version, says }) => {
    expect(() => new EventTypes([{ type: 'placed', version }], steps)).toThrow(says);
  });

  it('refuse upcasters of a type that is not theirs', () => {
    expect(() => new EventTypes([], steps)).toThrow('upcasters of placed, which is not among the types');
  });
});

describe('what a service writes', () => {
  const written = (type: string, typeVersion: number) => ({
    tenant: tenantId('demo'),
    streamId: streamId('order', '7'),
    expected: 'any' as const,
    events: [{ type, typeVersion, data: {} }],
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  });
  const appended: string[] = [];
  const inner: Partial<EventStore> = {
    append: ({ events }) => {
      appended.push(...events.map(({ type }) => type));
      return Promise.resolve({
        outcome: 'appended',
        streamVersion: 1,
        firstPosition: position(1),
        lastPosition: position(1),
      });
    },
    transaction: (work) =>
      work({
        query: () => Promise.resolve([]),
        append: ({ events }) => {
          appended.push(...events.map(({ type }) => type));
        },
      }),
  };
  const store = new ReadableEventStore(inner as EventStore, types);
  const ways: readonly [string, (type: string, version: number) => Promise<unknown>][] = [
    ['at once', (type, version) => store.append(written(type, version))],
    [
      'with a transaction',
      (type, version) =>
        store.transaction((transaction) =>
          Promise.resolve().then(() => {
            transaction.append(written(type, version));
          }),
        ),
    ],
  ];

  it.each(ways)('is stored %s', async (_name, write) => {
    appended.length = 0;
    await write('placed', 3);
    expect(appended).toEqual(['placed']);
  });

  it.each(ways)('is refused %s when the service could not read it again', async (_name, write) => {
    appended.length = 0;
    await expect(write('placed', 2)).rejects.toThrow('placed version 2 is not among the types');
    await expect(write('refunded', 1)).rejects.toThrow('refunded version 1 is not among the types');
    expect(appended).toEqual([]);
  });
});

describe('the log as the code sees it', () => {
  const [old, unknown] = [recorded('placed', 1), recorded('refunded', 1)];
  const logOf = (...events: RecordedEvent[]): EventStore => {
    const answer = (): Promise<RecordedEvent[]> => Promise.resolve(events);
    const store: Partial<EventStore> = { readStream: answer, readAll: answer, readByPositions: answer };
    return new ReadableEventStore(store as EventStore, types);
  };
  const reads: readonly [string, (store: EventStore) => Promise<RecordedEvent[]>][] = [
    ['a stream', (store) => store.readStream(old.tenant, old.streamId)],
    ['the log', (store) => store.readAll({ after: position(0), limit: 10 })],
    ['single events', (store) => store.readByPositions([position(42)])],
  ];

  it.each(reads)('has newest events only, by reading %s', async (_name, read) => {
    expect(await read(logOf(old))).toEqual([types.read(old)]);
  });

  it.each(reads)('passes over nothing that it cannot read, by reading %s', async (_name, read) => {
    await expect(read(logOf(unknown, old))).rejects.toThrow(UnreadableEvent);
  });

  it('can be followed up to the first event that it cannot read', async () => {
    const page = await logOf(old, old, unknown, old).readAll({ after: position(0), limit: 10 });

    expect(page).toHaveLength(2);
  });
});
