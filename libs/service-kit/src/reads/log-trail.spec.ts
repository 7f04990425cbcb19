import { describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { position, type Append, type AppendResult, type EventStore, type Position } from '#libs/event-store';
import { LogTrail, notingPositions, runWithTrail, writtenPosition } from './log-trail.ts';

const append: Append = {
  tenant: tenantId('demo'),
  streamId: streamId('item', 'VEG001'),
  expected: 'any',
  events: [{ type: 'stock.moved', typeVersion: 1, data: {} }],
  metadata: { correlationId: correlationId('spec'), actor: 'spec', occurredAt: '2026-11-22T09:30:00Z' },
};

const resultAt = (first: number, last: number): AppendResult => ({
  outcome: 'appended',
  streamVersion: 1,
  firstPosition: position(first),
  lastPosition: position(last),
});

const unused = (): never => {
  throw new Error('not part of this spec');
};

/** Gives the results that it is told to; a transaction that appends commits at the next of them. */
function storeOf(...results: AppendResult[]): EventStore {
  const listeners = new Set<(head: Position) => void>();
  const next = (): AppendResult => {
    const result = results.shift();
    if (!result) throw new Error('no more results');
    for (const listener of listeners) listener(result.lastPosition);
    return result;
  };
  return {
    append: () => Promise.resolve(next()),
    transaction: async (work) => {
      let appends = 0;
      const outcome = await work({
        query: unused,
        append: () => {
          appends += 1;
        },
      });
      if (appends > 0) next();
      return outcome;
    },
    onCommit: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    readStream: unused,
    readAll: unused,
    readByPositions: unused,
    head: unused,
  };
}

describe('the trail of a request', () => {
  it('holds the newest position that the request wrote, whatever the order of the answers', async () => {
    const store = notingPositions(storeOf(resultAt(6, 8), resultAt(3, 3)));
    const trail = new LogTrail();

    await runWithTrail(trail, async () => {
      expect(writtenPosition()).toEqual({});
      await store.append(append);
      await store.append(append);
      expect(writtenPosition()).toEqual({ position: 8 });
    });

    expect(trail.latest).toBe(8);
  });

  it('holds what a transaction committed, and nothing of one that appended nothing', async () => {
    const inner = storeOf(resultAt(3, 3), resultAt(4, 5));
    const store = notingPositions(inner);
    const [writing, reading] = [new LogTrail(), new LogTrail()];

    await runWithTrail(reading, () =>
      store.transaction(async () => {
        await inner.append(append); // someone else's, meanwhile
      }),
    );
    await runWithTrail(writing, () =>
      store.transaction((transaction) => {
        transaction.append(append);
        return Promise.resolve();
      }),
    );

    expect([reading.latest, writing.latest]).toEqual([undefined, 5]);
  });

  it('is of one request: what others write beside it does not count', async () => {
    const store = notingPositions(storeOf(resultAt(1, 1), resultAt(2, 2)));
    const [first, second] = [new LogTrail(), new LogTrail()];

    await Promise.all([
      runWithTrail(first, () => store.append(append)),
      runWithTrail(second, () => store.append(append)),
    ]);
    await storeOf(resultAt(9, 9)).append(append);

    expect([first.latest, second.latest]).toEqual([1, 2]);
    expect(writtenPosition()).toEqual({});
  });
});
