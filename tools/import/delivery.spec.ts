import { describe, expect, it } from '@jest/globals';
import { StockMovedV1 } from '#libs/contracts';
import type { IngestResult } from '#libs/contracts';
import { Delivery, dryPublisher } from './delivery.ts';
import { progressText } from './progress.ts';
import type { PlannedEvent } from './shop-events.ts';

/** Two lines of the file a run, and one event a run. */
function planned(run: number): PlannedEvent {
  return {
    event: {
      specversion: '1.0',
      id: `e${run}`,
      source: 'urn:pos:shop',
      type: StockMovedV1.type,
      data: StockMovedV1.sample,
    },
    firstLine: run * 2,
    lastLine: run * 2 + 1,
    endsRun: true,
  };
}

function deliveryTo(statusOf: (id: string) => IngestResult['status'], confirmedLine = 0) {
  const sent: string[] = [];
  const confirmed: number[] = [];
  const rejected: string[] = [];
  const delivery = new Delivery({
    publisher: {
      publish: (events) => {
        sent.push(...events.map(({ id }) => id));
        const items = events.map(({ id, source }) => ({ id, source, status: statusOf(id) }));
        const count = (status: string) => items.filter((item) => item.status === status).length;
        return Promise.resolve({
          accepted: count('accepted'),
          duplicates: count('duplicate'),
          rejected: count('rejected'),
          items,
        });
      },
    },
    batchEvents: 2,
    confirmedLine,
    onConfirmed: (line) => confirmed.push(line),
    onRejected: ({ event }) => rejected.push(event.id),
  });
  const deliver = async (runs: readonly number[]) => {
    for (const run of runs) {
      delivery.add([planned(run)]);
      while (delivery.isFull) await delivery.send();
    }
    while (!delivery.isEmpty) await delivery.send();
  };
  return { delivery, deliver, sent, confirmed, rejected };
}

describe('delivering planned events', () => {
  it('sends in batches, and tells up to which line everything is confirmed', async () => {
    const { delivery, deliver, sent, confirmed } = deliveryTo(() => 'accepted');
    await deliver([1, 2, 3]);

    expect(sent).toEqual(['e1', 'e2', 'e3']);
    expect(confirmed).toEqual([5, 7]);
    expect(delivery.counts).toEqual({ sent: 3, accepted: 3, duplicates: 0, rejected: 0, skipped: 0 });
  });

  it('does not call a run confirmed of which a part is still to be sent', async () => {
    const { delivery, confirmed } = deliveryTo(() => 'accepted');
    delivery.add([{ ...planned(1), endsRun: false }, { ...planned(1), endsRun: false }, planned(1)]);
    await delivery.send();
    expect(confirmed).toEqual([1]);

    await delivery.send();
    expect(confirmed).toEqual([1, 3]);
  });

  it('skips what an interrupted run had confirmed, but for the first batch', async () => {
    const { delivery, deliver, sent } = deliveryTo((id) => (id === 'e5' ? 'accepted' : 'duplicate'), 9);
    await deliver([1, 2, 3, 4, 5]);

    expect(sent).toEqual(['e1', 'e2', 'e5']);
    expect(delivery.counts).toMatchObject({ accepted: 1, duplicates: 2, skipped: 2 });
  });

  it('sends everything when the API has lost what was confirmed', async () => {
    const { deliver, sent } = deliveryTo(() => 'accepted', 9);
    await deliver([1, 2, 3, 4, 5]);

    expect(sent).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
  });

  it('confirms nothing behind a rejected event, so that the next run reports it again', async () => {
    const { deliver, confirmed, rejected } = deliveryTo((id) => (id === 'e3' ? 'rejected' : 'accepted'));
    await deliver([1, 2, 3, 4, 5, 6]);

    expect(rejected).toEqual(['e3']);
    expect(confirmed).toEqual([5]);
  });
});

describe('a dry run', () => {
  it('checks events as the API does', async () => {
    const bad = { ...planned(2).event, data: { sku: '' } };
    const result = await dryPublisher().publish([planned(1).event, bad]);

    expect(result).toMatchObject({ accepted: 1, rejected: 1, items: [{ status: 'accepted' }, { status: 'rejected' }] });
  });
});

describe('progress', () => {
  it('tells share, rate and the time left', () => {
    expect(progressText(25, 100, 1_000, 2_000)).toBe('25 %, 1000 rows, 500 rows/s, 6 s left');
    expect(progressText(0, 100, 0, 0)).toBe('0 %, 0 rows, 0 rows/s');
    expect(progressText(100, 100, 10, 1_000)).toBe('100 %, 10 rows, 10 rows/s, 0 s left');
  });
});
