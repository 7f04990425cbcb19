import { categoryOf, eventId, tenantId, type CorrelationId, type StreamId } from '#libs/kernel';
import { position, type EventMetadata, type RecordedEvent } from '../event-store.ts';

/** Of `events`, as `EventRecord` names them. What Node can tell as well is not sent, and a time as a number needs no parsing. */
export const COLUMNS = `position, lane, slot, tenant, stream_id, stream_version, type, type_version, id, data, metadata,
  (extract(epoch from recorded_at) * 1000)::float8 as recorded_ms, encode(hash, 'hex') as hash`;

export type EventRecord = {
  position: number;
  lane: number;
  slot: number;
  tenant: string;
  stream_id: StreamId;
  stream_version: number;
  type: string;
  type_version: number;
  id: string;
  data: unknown;
  metadata: EventMetadata & { correlationId: CorrelationId };
  recorded_ms: number;
  hash: string;
};

/** A row of `events` as an event. @throws MalformedId */
export function recorded(row: EventRecord): RecordedEvent {
  return {
    position: position(row.position),
    lane: row.lane,
    slot: row.slot,
    tenant: tenantId(row.tenant),
    streamId: row.stream_id,
    category: categoryOf(row.stream_id),
    streamVersion: row.stream_version,
    type: row.type,
    typeVersion: row.type_version,
    id: eventId(row.id),
    data: row.data,
    metadata: row.metadata,
    recordedAt: new Date(row.recorded_ms),
    hash: row.hash,
  };
}
