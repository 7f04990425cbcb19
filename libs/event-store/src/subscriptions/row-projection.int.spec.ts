import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { streamId } from '#libs/kernel';
import { eventually } from '#libs/testing';
import { START, type RecordedEvent } from '../event-store.ts';
import { METADATA, openLog, TENANT, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { readCheckpoint } from './checkpoints.ts';
import { projectRows, type RowProjection } from './row-projection.ts';
import { Subscription } from './subscription.ts';

type Key = Readonly<{ tenant: string; sku: string }>;
type Stock = Key & Readonly<{ quantity: number; moved_at: string; last_note?: string | null }>;
type Line = Readonly<{ sku: string; quantity: number; note?: string }>;

const ITEMS = 6;
const linesOf = ({ data }: RecordedEvent): readonly Line[] => (data as { lines: Line[] }).lines;

const stock: RowProjection<Key, Stock> = {
  name: 'agent.stock',
  version: 1,
  table: 'stock',
  keyColumns: ['tenant', 'sku'],
  handles: new Set(['moved']),
  keysOf: (event) => linesOf(event).map(({ sku }) => ({ tenant: event.tenant, sku })),
  evolve: (row, event, key) => {
    const own = linesOf(event).filter(({ sku }) => sku === key.sku);
    const note = own.findLast((line) => line.note !== undefined)?.note;
    return {
      ...row,
      ...key,
      quantity: own.reduce((sum, { quantity }) => sum + quantity, row?.quantity ?? 0),
      moved_at: event.metadata.occurredAt,
      ...(note === undefined ? {} : { last_note: note }),
    };
  },
};

/** Two to four lines per event, over few items, so that a batch meets each row many times. */
function movement(index: number): readonly Line[] {
  return Array.from({ length: 2 + (index % 3) }, (_, line) => ({
    sku: `sku "${(index * (line + 1)) % ITEMS}"`,
    quantity: index + line + 0.5,
    ...(index % 4 === 0 && line === 0 ? { note: `note ${index}` } : {}),
  }));
}

jest.setTimeout(30_000);

describe('a projection of rows on Postgres', () => {
  let log: LogFixture;
  beforeAll(async () => {
    log = await openLog();
    await log.database.query(
      `create table stock (tenant text, sku text, quantity double precision not null, moved_at timestamptz not null,
         last_note text default 'none', primary key (tenant, sku))`,
    );
  });
  afterAll(() => log.close());

  it('ends with the rows that the whole log gives, over two instances, failures and restarts', async () => {
    const movements = Array.from({ length: 240 }, (_, index) => movement(index));
    const other = log.connect();
    const follow = async (instance: Pick<LogFixture, 'database' | 'store'>, failAt: number): Promise<Subscription> => {
      let steps = 0;
      const { apply, ...rest } = projectRows(stock);
      const subscription = new Subscription({
        ...instance,
        pollMs: 30,
        batchSize: 16,
        subscriber: {
          ...rest,
          apply: async (events, transaction) => {
            await apply(events, transaction);
            steps += 1;
            if (steps === failAt) throw new Error('after the rows, before the commit');
          },
        },
      });
      await subscription.start();
      return subscription;
    };
    const first = await follow(log, 2);
    const second = await follow(other, 3);
    const append = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 10) {
        await log.store.append({
          tenant: TENANT,
          streamId: streamId('delivery', String(at)),
          expected: 'no-stream',
          events: movements.slice(at, at + 10).map((lines) => ({ type: 'moved', typeVersion: 1, data: { lines } })),
          metadata: METADATA,
        });
      }
    };

    await append(0, 120);
    await first.stop();
    const third = await follow(log, 1);
    await append(120, 240);
    await eventually(async () => {
      expect((await readCheckpoint(log.database, stock.name, 1)).position).toBe(await log.store.head());
    });
    await Promise.all([second.stop(), third.stop()]);

    const rows = await log.database.query<{ sku: string; quantity: number; last_note: string }>(
      'select sku, quantity, last_note from stock order by sku',
    );
    expect(rows).toEqual(expectedRows(movements));
    expect(await log.store.readAll({ after: START, limit: 1_000 })).toHaveLength(240);
  });

  it('leaves a column that no row names at its default', async () => {
    expect(expectedRows([movement(1)]).every((row) => row.last_note === 'none')).toBe(true);
    await log.database.query('delete from stock');

    await log.store.transaction(async (transaction) => {
      const [event] = await log.store.readAll({ after: START, limit: 1 });
      if (!event) throw new Error('The log is empty.');
      await projectRows(stock).apply([{ ...event, data: { lines: movement(1) } }], transaction);
    });

    expect(await log.database.query('select distinct last_note from stock')).toEqual([{ last_note: 'none' }]);
  });
});

function expectedRows(movements: readonly (readonly Line[])[]): { sku: string; quantity: number; last_note: string }[] {
  const rows = new Map<string, { sku: string; quantity: number; last_note: string }>();
  for (const { sku, quantity, note } of movements.flat()) {
    const row = rows.get(sku) ?? { sku, quantity: 0, last_note: 'none' };
    rows.set(sku, { sku, quantity: row.quantity + quantity, last_note: note ?? row.last_note });
  }
  return [...rows.values()].sort((left, right) => (left.sku < right.sku ? -1 : 1));
}
