import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { correlationId, eventId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { position, START, type Position, type ReadAllOptions, type RecordedEvent } from '../event-store.ts';
import { LogTail, type LogTailOptions } from './log-tail.ts';

jest.setTimeout(30_000);

const ids = sequentialIds();

function eventAt(at: number, text = ''): RecordedEvent {
  return {
    position: position(at),
    lane: 0,
    slot: 0,
    tenant: tenantId('demo'),
    streamId: streamId('spec', 'one'),
    category: 'spec',
    streamVersion: at,
    type: 'counted',
    typeVersion: 1,
    id: eventId(ids.nth(at)),
    data: { text },
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
    recordedAt: new Date(0),
    hash: '',
  };
}

/** A log in memory; a read sees what is there when it begins, and may answer late. */
class MemoryLog {
  readonly events: RecordedEvent[] = [];
  reads = 0;
  /** Turns of the event loop before the next answer. */
  latency = (): number => 0;
  private readonly listeners = new Set<(head: Position) => void>();
  private last = 0;

  append(hole: number, text?: string): void {
    this.last += 1 + hole;
    this.events.push(eventAt(this.last, text));
    for (const listener of this.listeners) listener(position(this.last));
  }

  async readAll({ after, limit }: ReadAllOptions): Promise<RecordedEvent[]> {
    this.reads += 1;
    const seen = this.events.filter((event) => event.position > after).slice(0, limit);
    for (let turns = this.latency(); turns > 0; turns -= 1) await turn();
    return seen;
  }

  onCommit(listener: (head: Position) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

const positionsOf = (events: readonly RecordedEvent[]): number[] => events.map((event) => event.position);

/** mulberry32: small, and good enough to choose what a spec does. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

/** Some readers at their own places and paces, while a writer appends with holes. Each notes what it was given. */
async function readersAndWriter(seed: number, options: LogTailOptions): Promise<void> {
  const chance = seeded(seed);
  const log = new MemoryLog();
  log.latency = () => chance(4);
  const tail = new LogTail(log, options);
  const appends = 150;
  for (let before = chance(60); before > 0; before -= 1) log.append(chance(3));
  let appended = 0;
  const writer = (async () => {
    for (; appended < appends; appended += 1) {
      log.append(chance(3), 'x'.repeat(chance(400)));
      if (chance(3) === 0) await turn();
    }
  })();
  const readers = Array.from({ length: 5 }, async () => {
    const from = position(chance(3) === 0 ? 0 : chance(log.events.length + 5));
    const given: number[] = [];
    let at = from;
    for (let isOver = false; !isOver;) {
      const isComplete = appended >= appends;
      const events = await tail.readAfter(at, 1 + chance(40));
      isOver = isComplete && events.length === 0;
      given.push(...positionsOf(events));
      at = events.at(-1)?.position ?? at;
      if (chance(4) === 0) await turn();
    }
    return { from, given };
  });
  await writer;
  for (const { from, given } of await Promise.all(readers)) {
    expect({ seed, given }).toEqual({ seed, given: positionsOf(log.events.filter((event) => event.position > from)) });
  }
}

describe('the tail of a log', () => {
  it('gives each reader exactly the log, in order, whatever the holes, paces and sizes', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      await readersAndWriter(seed, {
        ring: { events: 1 + ((seed * 7) % 60), bytes: seed % 3 === 0 ? 4_000 : 10_000_000 },
        pageBytes: seed % 2 === 0 ? 20_000 : 10_000_000,
      });
    }
  });

  it('reads the database once for all readers at the end, and not at all for those just behind it', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log);
    for (let count = 0; count < 100; count += 1) log.append(1);
    log.latency = () => 3;

    const pages = await Promise.all(Array.from({ length: 20 }, () => tail.readAfter(START, 100)));
    expect(log.reads).toBe(1);
    for (const page of pages) expect(positionsOf(page)).toEqual(positionsOf(log.events));

    expect(positionsOf(await tail.readAfter(position(101), 10))).toEqual(positionsOf(log.events.slice(50, 60)));
    expect(log.reads).toBe(1);
  });

  it('answers who asks after a commit with that commit, though a read of before is under way', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log);
    log.append(0);
    const at = (await tail.readAfter(START, 10)).at(-1)?.position ?? START;
    log.latency = () => 5;
    const early = tail.readAfter(at, 10);
    await turn();
    log.append(0);

    const late = tail.readAfter(at, 10);

    expect(await early).toEqual([]);
    expect(positionsOf(await late)).toEqual([2]);
  });

  it('holds no more than its bounds', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log, { ring: { events: 50, bytes: 100_000 } });
    let at = START;
    for (let count = 0; count < 300; count += 1) {
      log.append(0, 'x'.repeat(count * 20));
      at = (await tail.readAfter(at, 100)).at(-1)?.position ?? at;
      expect(tail.held.events).toBeLessThanOrEqual(50);
      expect(tail.held.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(at).toBe(300);
  });

  it('forgets what it read before another epoch', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log);
    tail.confirmEpoch(1);
    for (let count = 0; count < 10; count += 1) log.append(0, 'of the old life');
    await tail.readAfter(START, 100);
    log.events.splice(0, 10, ...Array.from({ length: 6 }, (_, index) => eventAt(index + 1, 'of the new life')));
    expect((await tail.readAfter(START, 100))[0]?.data).toEqual({ text: 'of the old life' });

    tail.confirmEpoch(2);

    const events = await tail.readAfter(START, 100);
    expect(events.map(({ data }) => data)).toEqual(Array(6).fill({ text: 'of the new life' }));
  });

  it('wakes all watchers at a commit, at a call and by its clock, until they leave', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log);
    let slow = 0;
    let fast = 0;
    const leave = [tail.watch(() => (slow += 1), 600_000), tail.watch(() => (fast += 1), 1)];
    log.append(0);
    expect({ slow, fast }).toEqual({ slow: 1, fast: 1 });
    tail.notify();
    expect({ slow, fast }).toEqual({ slow: 2, fast: 2 });
    while (fast < 4) await turn();
    expect(slow).toBe(fast);
    for (const one of leave) one();
    log.append(0);
    expect(slow).toBe(fast);
    expect(tail.head).toBe(1);
  });

  it('tells that more may follow until a read found the end', async () => {
    const log = new MemoryLog();
    const tail = new LogTail(log);
    for (let count = 0; count < 300; count += 1) log.append(0);
    const first = (await tail.readAfter(START, 300)).at(-1)?.position ?? START;
    expect(tail.mayFollow(first)).toBe(true);
    expect(await tail.readAfter(first, 300)).toEqual([]);
    expect(tail.mayFollow(first)).toBe(false);
    tail.notify();
    expect(tail.mayFollow(first)).toBe(true);
  });
});
