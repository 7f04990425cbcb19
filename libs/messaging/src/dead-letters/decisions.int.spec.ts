import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { correlationId, DomainError, streamId, tenantId } from '#libs/kernel';
import { eventually } from '#libs/testing';
import { BusFixture, numberOf } from '../bus-fixture.contract.ts';
import { DeadLetterDesk } from './dead-letter-desk.ts';
import type { DeadLetterItem } from './dead-letter-item.ts';

const demo = tenantId('demo');
const PAGE = { limit: 50 };
const PATIENCE = { withinMs: 15_000, everyMs: 20 };

/** What no retry can cure. */
class UnknownItem extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'stock/unknown-item';
}

let nats: ThrowAway<EmbeddedNats>;
let fixture: BusFixture;
let desk: DeadLetterDesk;
let poison: Set<number>;

beforeAll(async () => {
  nats = await startThrowAwayNats();
}, 60_000);

afterAll(() => nats.remove());

beforeEach(async () => {
  poison = new Set();
  fixture = await BusFixture.open(nats.server.url);
  const { bus, health } = fixture;
  desk = new DeadLetterDesk({ database: health.database, bus, group: 'health' });
  fixture.answer(bus);
  fixture.relay(bus);
  fixture.consumer(bus, {
    before: ({ event }) => {
      if (poison.has(numberOf(event.data))) throw new UnknownItem(`There is no item ${numberOf(event.data)}.`);
    },
  });
}, 60_000);

afterEach(() => fixture.close(), 60_000);

/** A number that is no multiple of three is told to health. */
async function append(stream: string, number: number): Promise<void> {
  await fixture.agent.store.append({
    tenant: demo,
    streamId: streamId('counter', stream),
    expected: 'any',
    events: [{ type: 'counted', typeVersion: 1, data: { number } }],
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  });
}

async function appliedOf(stream: string): Promise<number[]> {
  const rows = await fixture.health.database.query<{ number: number }>(
    'select number from applied where stream = $1 order by n',
    [`counter-${stream}`],
  );
  return rows.map(({ number }) => number);
}

/** Appends to one stream, and waits until the first of its numbers is dead and the others wait. */
async function poisoned(stream: string, numbers: readonly number[]): Promise<DeadLetterItem> {
  poison.add(numbers[0] ?? 0);
  for (const number of numbers) await append(stream, number);
  let head: DeadLetterItem | undefined;
  await eventually(async () => {
    const blocked = await desk.blocked(demo, PAGE);
    head = blocked.find((item) => item.stream === `demo/counter-${stream}`);
    expect(head).toMatchObject({ state: 'dead', blocks: { waiting: numbers.length - 1 } });
  }, PATIENCE);
  if (!head) throw new Error('no head');
  return head;
}

describe('a stream that is blocked by a dead message', () => {
  it('is shown with the reason, and goes on in its order after a re-drive; others never stopped', async () => {
    const { deadLetterId } = await poisoned('oil', [1, 2, 4]);
    await append('egg', 5);
    await eventually(async () => {
      expect(await appliedOf('egg')).toEqual([5]);
    }, PATIENCE);

    expect(await desk.get(demo, deadLetterId)).toMatchObject({
      tenant: 'demo',
      code: 'stock/unknown-item',
      reason: 'There is no item 1.',
      attempts: 1,
      message: { body: expect.stringContaining('"number":1'), headers: { 'steward-log': 'agent' } },
    });
    expect(await appliedOf('oil')).toEqual([]);

    poison.clear();
    await desk.redrive(demo, deadLetterId);
    await eventually(async () => {
      expect(await appliedOf('oil')).toEqual([1, 2, 4]);
      expect(await desk.list('*', PAGE)).toEqual([]);
    }, PATIENCE);
  }, 60_000);

  it('is blocked again by a re-drive that fails, which says so anew', async () => {
    const { deadLetterId, lastAttemptAt } = await poisoned('oil', [1, 2]);

    expect(await desk.redriveMany(demo, { code: 'stock/unknown-item' })).toBe(1);

    await eventually(async () => {
      const again = await desk.get(demo, deadLetterId);
      expect(again).toMatchObject({ state: 'dead', attempts: 1, blocks: { waiting: 1 } });
      expect(again.lastAttemptAt).not.toBe(lastAttemptAt);
      expect(again.announcedAt).not.toBeNull();
    }, PATIENCE);
    expect(await appliedOf('oil')).toEqual([]);
  }, 60_000);

  it('goes on without the one that was discarded, which never has an effect', async () => {
    const { deadLetterId } = await poisoned('oil', [1, 2, 4]);
    poison.clear();

    await desk.discard(demo, deadLetterId, { by: 'key:boss', reason: 'The item never existed.' });

    await eventually(async () => {
      expect(await appliedOf('oil')).toEqual([2, 4]);
      expect(await desk.blocked('*', PAGE)).toEqual([]);
    }, PATIENCE);
    expect(await desk.list('*', { ...PAGE, state: 'discarded' })).toMatchObject([
      { deadLetterId, settled: { by: 'key:boss', reason: 'The item never existed.' } },
    ]);
    await append('oil', 7);
    await eventually(async () => {
      expect(await appliedOf('oil')).toEqual([2, 4, 7]);
    }, PATIENCE);
  }, 60_000);
});
