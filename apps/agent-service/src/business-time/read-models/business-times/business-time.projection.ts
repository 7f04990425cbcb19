import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { BUSINESS_EVENT_TYPES } from '../../../log-events.ts';

type BusinessTimeKey = Readonly<{ tenant: string }>;
/** One row of `business_times`. Times are milliseconds since 1970. */
export type BusinessTimeRow = BusinessTimeKey &
  Readonly<{
    /** The latest time that an event told. */
    occurred_ms: number;
    /** The same, an event never counting as later than it was recorded. */
    counted_ms: number;
    /** The least time from an event to its recording; negative when time is simulated ahead. */
    least_lag_ms: number;
    /** When the latest one was recorded. */
    recorded_ms: number;
  }>;

/** What time it is for each business, as its events tell it. */
export const businessTimeRows: RowProjection<BusinessTimeKey, BusinessTimeRow> = {
  name: 'agent.business-times',
  version: 1,
  table: 'business_times',
  keyColumns: ['tenant'],
  handles: new Set(BUSINESS_EVENT_TYPES.map(({ type }) => type)),
  keysOf: ({ tenant }) => [{ tenant }],
  evolve: (row, event, key) => ({ ...key, ...(row ? later(row, timesOf(event)) : timesOf(event)) }),
};

type Times = Omit<BusinessTimeRow, 'tenant'>;

function timesOf({ metadata, recordedAt }: RecordedEvent): Times {
  const occurred = Date.parse(metadata.occurredAt);
  const recorded = recordedAt.getTime();
  return {
    occurred_ms: occurred,
    counted_ms: Math.min(occurred, recorded),
    least_lag_ms: recorded - occurred,
    recorded_ms: recorded,
  };
}

function later(one: Times, other: Times): Times {
  return {
    occurred_ms: Math.max(one.occurred_ms, other.occurred_ms),
    counted_ms: Math.max(one.counted_ms, other.counted_ms),
    least_lag_ms: Math.min(one.least_lag_ms, other.least_lag_ms),
    recorded_ms: Math.max(one.recorded_ms, other.recorded_ms),
  };
}

/** The read model of what time it is. */
export const businessTimeProjection = projectRows(businessTimeRows);
