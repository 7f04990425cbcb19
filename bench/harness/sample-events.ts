import { randomBytes, randomUUID } from 'node:crypto';
import { correlationId, type CorrelationId } from '#libs/kernel';

/** What every row of a comparison stores, whoever stores it: a movement of stock as the services record it. */
export type SampleEvent = Readonly<{ type: string; data: object; metadata: SampleMetadata }>;
export type SampleMetadata = Readonly<{
  correlationId: CorrelationId;
  source: string;
  sourceId: string;
  actor: string;
  occurredAt: string;
}>;

export function sampleEvent(number: number): SampleEvent {
  return {
    type: 'inventory.stock-moved',
    data: {
      sku: `VEG${String(number % 200).padStart(3, '0')}`,
      movement: number % 10 === 0 ? 'in' : 'out',
      quantity: { value: 1 + (number % 7), unit: 'each' },
      reason: 'sold at the counter',
      reference: `order-${number}`,
    },
    metadata: {
      correlationId: correlationId(`bench-${number}`),
      source: 'urn:till:7',
      sourceId: `movement-${number}`,
      actor: 'key:till-7',
      occurredAt: '2026-01-01T12:00:00.000Z',
    },
  };
}

/** A row with the 14 columns of the product's `events`; the hash is no hash, since a raw insert makes none. */
export type SampleRow = Readonly<{
  position: number;
  lane: number;
  slot: number;
  tenant: string;
  stream_id: string;
  category: string;
  stream_version: number;
  type: string;
  type_version: number;
  id: string;
  data: object;
  metadata: object;
  recorded_at: string;
  hash: Buffer;
}>;

const ANY_HASH = randomBytes(32);

export function sampleRow(position: number, lane = 0): SampleRow {
  const { type, data, metadata } = sampleEvent(position);
  return {
    position,
    lane,
    slot: position % 64,
    tenant: 'bench',
    stream_id: `item-${position % 256}`,
    category: 'item',
    stream_version: Math.ceil(position / 256),
    type,
    type_version: 1,
    id: randomUUID(),
    data,
    metadata,
    recorded_at: '2026-01-01T12:00:00.000Z',
    hash: ANY_HASH,
  };
}
