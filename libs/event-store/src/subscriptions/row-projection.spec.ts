import { describe, expect, it } from '@jest/globals';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { sequentialIds } from '#libs/testing';
import { position, type RecordedEvent, type Transaction } from '../event-store.ts';
import { projectRows, type RowProjection } from './row-projection.ts';

type Key = Readonly<{ sku: string }>;
type Stock = Key & Readonly<{ quantity: number; note?: string }>;

const lines = ({ data }: RecordedEvent): { sku: string; quantity: number; note?: string }[] =>
  (data as { lines: { sku: string; quantity: number; note?: string }[] }).lines;

const stock: RowProjection<Key, Stock> = {
  name: 'agent.stock',
  version: 1,
  table: 'stock',
  keyColumns: ['sku'],
  handles: new Set(['sold']),
  keysOf: (event) => lines(event).map(({ sku }) => ({ sku })),
  evolve: (row, event, { sku }) => {
    const own = lines(event).filter((line) => line.sku === sku && line.quantity > 0);
    if (own.length === 0) return undefined;
    const note = own.find((line) => line.note !== undefined)?.note;
    const quantity = own.reduce((sum, line) => sum - line.quantity, row?.quantity ?? 0);
    return { ...row, sku, quantity, ...(note === undefined ? {} : { note }) };
  },
};

/** A transaction over one table in memory, that keeps what was written to it. */
function transactionOn(found: readonly Stock[]): {
  transaction: Transaction;
  written: { text: string; rows: Stock[] }[];
} {
  const written: { text: string; rows: Stock[] }[] = [];
  return {
    written,
    transaction: {
      append: () => undefined,
      query: <Row extends object>(text: string, [rows]: readonly unknown[] = []) => {
        if (!text.includes('insert')) return Promise.resolve(found.map((row) => ({ row })) as unknown as Row[]);
        written.push({ text, rows: JSON.parse(String(rows)) as Stock[] });
        return Promise.resolve([]);
      },
    },
  };
}

const sold = (at: number, ...sales: { sku: string; quantity: number; note?: string }[]): RecordedEvent => ({
  position: position(at),
  lane: 0,
  slot: 0,
  tenant: tenantId('demo'),
  streamId: streamId('order', String(at)),
  category: 'order',
  streamVersion: 1,
  type: 'sold',
  typeVersion: 1,
  id: sequentialIds().nth(at),
  data: { lines: sales },
  metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  recordedAt: new Date(0),
  hash: '',
});

async function fold(found: readonly Stock[], ...events: RecordedEvent[]): Promise<Stock[]> {
  const { transaction, written } = transactionOn(found);
  await projectRows(stock).apply(events, transaction);
  return written.flatMap(({ rows }) => rows);
}

describe('a projection of rows', () => {
  it('folds a batch in order and writes each row once', async () => {
    const rows = await fold(
      [{ sku: 'flour', quantity: 100 }],
      sold(1, { sku: 'flour', quantity: 1 }, { sku: 'salt', quantity: 2 }),
      sold(2, { sku: 'flour', quantity: 10 }),
    );

    expect(rows).toEqual([
      { sku: 'flour', quantity: 89 },
      { sku: 'salt', quantity: -2 },
    ]);
  });

  it('folds an event once into a row that several of its lines name', async () => {
    const rows = await fold([], sold(1, { sku: 'flour', quantity: 1 }, { sku: 'flour', quantity: 2 }));

    expect(rows).toEqual([{ sku: 'flour', quantity: -3 }]);
  });

  it('writes nothing for rows that an event leaves as they are', async () => {
    expect(await fold([{ sku: 'flour', quantity: 100 }], sold(1, { sku: 'flour', quantity: 0 }))).toEqual([]);
  });

  it('writes a column that only some of the rows name', async () => {
    const { transaction, written } = transactionOn([]);

    await projectRows(stock).apply(
      [sold(1, { sku: 'flour', quantity: 1 }, { sku: 'salt', quantity: 1, note: 'coarse' })],
      transaction,
    );

    const salt = written.find(({ rows }) => rows.some(({ sku }) => sku === 'salt'));
    expect(salt?.text).toContain('note = excluded.note');
  });

  it('asks the database for nothing when no key is concerned', async () => {
    const { transaction, written } = transactionOn([]);

    await projectRows(stock).apply([sold(1)], transaction);

    expect(written).toEqual([]);
  });
});
