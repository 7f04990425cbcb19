/** A projection beside the model of the log: the same totals, folded by a rebuild and by a loop in memory. */
import { expect } from '@jest/globals';
import { eventually } from '#libs/testing';
import type { EventRow } from './decide-batch.ts';
import type { Instance } from './postgres/log-fixture.contract.ts';
import { ProjectionRebuild } from './rebuild/projection-rebuild.ts';
import { readCheckpoint } from './subscriptions/checkpoints.ts';
import { projectRows, type TableSubscriber } from './subscriptions/row-projection.ts';
import { Subscription } from './subscriptions/subscription.ts';

export const TOTALS_TABLE =
  'create table totals (tenant text, stream text, events bigint not null, total bigint not null, primary key (tenant, stream))';

type Key = Readonly<{ tenant: string; stream: string }>;
type Total = Key & Readonly<{ events: number; total: number }>;

const TYPES = new Set(['counted-0', 'counted-1', 'counted-2', 'counted-3']);

function totals(version: number): TableSubscriber {
  return projectRows<Key, Total>({
    name: 'agent.totals',
    version,
    table: 'totals',
    keyColumns: ['tenant', 'stream'],
    handles: TYPES,
    rowsOf: 'one-stream',
    keysOf: ({ tenant, streamId }) => [{ tenant, stream: streamId }],
    evolve: (row, event, key) => ({
      ...key,
      events: (row?.events ?? 0) + 1,
      total: (row?.total ?? 0) + version * (event.data as { number: number }).number,
    }),
  });
}

/** Lets the shown version follow the log to its end, and stops it. */
async function follow({ database, store }: Instance, version: number, head: number): Promise<void> {
  const subscription = new Subscription({ database, store, subscriber: totals(version) });
  await subscription.start();
  await eventually(async () => {
    expect((await readCheckpoint(database, 'agent.totals', version)).position).toBe(head);
  });
  await subscription.stop();
}

/** Follows in the shown version, rebuilds in the next or the same one, and compares the rows with those of the model's events. */
export async function rebuildTotals(
  on: Instance,
  events: readonly EventRow[],
  { shown, version, workers }: Readonly<{ shown: number; version: number; workers: number }>,
): Promise<void> {
  const head = events.at(-1)?.position ?? 0;
  await follow(on, shown, head);
  const { table } = totals(version);
  const outcome = await new ProjectionRebuild({ ...on, table, workers, eventsPerWrite: 100 }).run();
  expect(outcome).toMatchObject({ isSwitched: true, position: head });

  const rows = new Map<string, Total>();
  for (const { tenant, stream_id: stream, data } of events) {
    const row = rows.get(`${tenant}/${stream}`) ?? { tenant, stream, events: 0, total: 0 };
    const { number } = JSON.parse(data) as { number: number };
    rows.set(`${tenant}/${stream}`, { ...row, events: row.events + 1, total: row.total + version * number });
  }
  const found = await on.database.query<Total>('select tenant, stream, events, total from totals');
  const byKey = (left: Total, right: Total): number =>
    `${left.tenant}/${left.stream}` < `${right.tenant}/${right.stream}` ? -1 : 1;
  expect(found.sort(byKey)).toEqual([...rows.values()].sort(byKey));
}
