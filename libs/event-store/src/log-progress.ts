import { position, type Position, type Queryable } from './event-store.ts';
import type { Subscriber } from './subscriptions/subscriber.ts';

/** How far a log is, and how far some of its subscribers are, as of one moment. */
export type LogProgress = Readonly<{
  /** Which life of the store this is; positions of another one mean nothing here. */
  epoch: number;
  head: Position;
  /**
   * One entry for each subscriber that was asked for, in their order; `START` for one that never ran in this epoch. Of a
   * projection, where the rows stand that its table shows now, whatever version is asked for: as `readCheckpoint` has it.
   */
  subscribers: readonly Readonly<{ name: string; position: Position }>[];
}>;

type Row = { epoch: number; head: number; positions: readonly number[] };

const PROGRESS = `
select store.epoch, lanes.position as head, array(
    select coalesce(c.position, 0)::float8
    from unnest($1::text[], $2::int[]) with ordinality as wanted (name, version, place)
    left join projections p on p.name = wanted.name
    left join checkpoints c
      on c.name = wanted.name and c.version = coalesce(p.active_version, wanted.version) and c.epoch = store.epoch
    order by wanted.place
  ) as positions
from lanes, (select max(epoch) as epoch from incarnations) store
where lanes.lane = 0`;

/** One statement, so the figures belong together: no subscriber is ahead of the head. */
export async function readLogProgress(
  database: Queryable,
  subscribers: readonly Pick<Subscriber, 'name' | 'version'>[],
): Promise<LogProgress> {
  const [row] = await database.query<Row>(PROGRESS, [
    subscribers.map(({ name }) => name),
    subscribers.map(({ version }) => version),
  ]);
  if (!row) throw new Error("Lane 0 is missing: run the service's migrations.");
  return {
    epoch: row.epoch,
    head: position(row.head),
    subscribers: subscribers.map(({ name }, index) => ({ name, position: position(row.positions[index] ?? 0) })),
  };
}
