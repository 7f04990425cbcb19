import { describe, expect, it } from '@jest/globals';
import { StockMovedV1 } from '#libs/contracts';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { businessTimeRows } from './business-time.projection.ts';

/** Recorded on 2026-03-02 at 09:00:01. */
const moved = (occurredAt: string) => recorded('inventory.stock-moved', StockMovedV1.sample, { occurredAt });
const ms = (instant: string) => Date.parse(instant);

describe('what time it is for a business', () => {
  it('is that of its latest event, never later than it was recorded unless time is simulated', async () => {
    const table = await new MemoryTable(businessTimeRows).apply(
      moved('2026-03-02T08:59:00Z'),
      moved('2026-03-05T00:00:00Z'),
      moved('2026-03-01T00:00:00Z'),
    );

    expect(table.all()).toEqual([
      {
        tenant: 'demo',
        occurred_ms: ms('2026-03-05T00:00:00Z'),
        counted_ms: ms('2026-03-02T09:00:01Z'),
        least_lag_ms: ms('2026-03-02T09:00:01Z') - ms('2026-03-05T00:00:00Z'),
        recorded_ms: ms('2026-03-02T09:00:01Z'),
      },
    ]);
  });
});
