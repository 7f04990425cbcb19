import type { Queryable } from '../event-store.ts';
import type { LaneMark } from './lane-walk.ts';
import type { LogProblem } from './log-problem.ts';

const PAGE_SIZE = 1_000;

type StreamRow = {
  tenant: string;
  stream_id: string;
  category: string;
  slot: number;
  version: number;
  last_position: number;
  newest: { lane: number; position: number; version: number; slot: number; category: string } | null;
};

/** Indexes: the primary key of streams, events_by_stream. */
const READ_STREAMS = `
select s.tenant, s.stream_id, s.category, s.slot, s.version, s.last_position, (
  select json_build_object('lane', e.lane, 'position', e.position, 'version', e.stream_version, 'slot', e.slot, 'category', e.category)
  from events e
  where e.tenant = s.tenant and e.stream_id = s.stream_id
  order by e.stream_version desc
  limit 1
) as newest
from streams s
where (s.tenant, s.stream_id) > ($1, $2)
order by s.tenant, s.stream_id
limit $3`;

/** Looks at every event: asked only when it is known that there is one. */
const FIRST_WITHOUT_STREAM = `
select e.lane, e.position, e.tenant || '/' || e.stream_id as stream, e.stream_version as version
from events e
where not exists (select from streams s where s.tenant = e.tenant and s.stream_id = e.stream_id)
order by e.position
limit 1`;

/**
 * Compares `streams` with the events: each row names its stream's newest event.
 *
 * @param begun how many streams the events begin, when all of them were looked at: each must have its row
 */
export async function streamsProblem(
  database: Queryable,
  begun: number | undefined,
  onProgress: (rows: number) => void,
): Promise<LogProblem | undefined> {
  let rows = 0;
  let after: readonly [string, string] = ['', ''];
  for (;;) {
    const page = await database.query<StreamRow>(READ_STREAMS, [...after, PAGE_SIZE]);
    for (const row of page) {
      const reason = wrongStream(row);
      if (reason !== undefined) return streamProblem(row, reason);
      after = [row.tenant, row.stream_id];
    }
    rows += page.length;
    onProgress(rows);
    if (page.length < PAGE_SIZE) break;
  }
  return begun === undefined || rows === begun ? undefined : withoutStream(database, rows, begun);
}

function wrongStream({ newest, ...row }: StreamRow): string | undefined {
  if (!newest) return 'the stream is listed, and the log has no event of it';
  if (newest.version !== row.version)
    return `the stream is listed at version ${row.version}, its newest event has ${newest.version}`;
  if (newest.position !== row.last_position)
    return `the stream is listed as ending at ${row.last_position}, its newest event is at ${newest.position}`;
  if (newest.slot !== row.slot)
    return `the stream is listed in slot ${row.slot}, its events are in slot ${newest.slot}`;
  if (newest.category !== row.category)
    return `the stream is listed with the category "${row.category}", its events have "${newest.category}"`;
  return undefined;
}

function streamProblem(row: StreamRow, reason: string): LogProblem {
  return {
    lane: row.newest?.lane ?? 0,
    position: row.newest?.position ?? row.last_position,
    stream: `${row.tenant}/${row.stream_id}`,
    streamVersion: row.newest?.version ?? row.version,
    reason,
  };
}

async function withoutStream(database: Queryable, rows: number, begun: number): Promise<LogProblem> {
  const [row] = await database.query<{ lane: number; position: number; stream: string; version: number }>(
    FIRST_WITHOUT_STREAM,
  );
  const reason = `the events begin ${begun} streams, ${rows} are listed`;
  if (!row) return { lane: 0, position: 0, reason };
  const { lane, position, stream, version } = row;
  return { lane, position, stream, streamVersion: version, reason: `its stream is not listed: ${reason}` };
}

type KeyRow = {
  tenant: string;
  key: string;
  first_position: number;
  last_position: number;
  stream_version: number;
  is_found: boolean;
};

/** One append is contiguous in its lane and in its stream. Indexes: both primary keys. */
const READ_KEYS = `
select k.tenant, k.key, k.first_position, k.last_position, k.stream_version, exists (
  select from events l
  join events f on f.lane = l.lane and f.position = k.first_position and f.tenant = l.tenant and f.stream_id = l.stream_id
  where l.lane = any ($1::smallint[]) and l.position = k.last_position and l.tenant = k.tenant
    and l.stream_version = k.stream_version
    and f.stream_version = k.stream_version - (k.last_position - k.first_position)
) as is_found
from idempotency_keys k
where (k.tenant, k.key) > ($2, $3)
order by k.tenant, k.key
limit $4`;

/** Compares the idempotency keys with the events that they name. */
export async function keysProblem(
  database: Queryable,
  lanes: readonly number[],
  onProgress: (rows: number) => void,
): Promise<LogProblem | undefined> {
  let rows = 0;
  let after: readonly [string, string] = ['', ''];
  for (;;) {
    const page = await database.query<KeyRow>(READ_KEYS, [lanes, ...after, PAGE_SIZE]);
    const wrong = page.find((row) => !row.is_found);
    if (wrong) return keyProblem(wrong);
    rows += page.length;
    onProgress(rows);
    const last = page.at(-1);
    if (!last || page.length < PAGE_SIZE) return undefined;
    after = [last.tenant, last.key];
  }
}

function keyProblem({
  tenant,
  key,
  first_position: first,
  last_position: last,
  stream_version: version,
}: KeyRow): LogProblem {
  const named = `the idempotency key "${key.slice(0, 80)}" of ${tenant} names the events ${first} to ${last}`;
  return { lane: 0, position: first, reason: `${named}, which are not one append that ends at version ${version}` };
}

/** The lanes that have events, without reading all of them. Index: the primary key. */
const READ_LANES_IN_USE = `
with recursive used as (
  select (select min(lane) from events) as lane
  union all
  select (select min(e.lane) from events e where e.lane > used.lane) from used where used.lane is not null
)
select lane, (select min(e.position) from events e where e.lane = used.lane) as position
from used where lane is not null`;

/** Index: the primary key. */
const READ_BEYOND = 'select min(position) as position from events where lane = $1 and position > $2';

/** Events that no walk comes to: in a lane that does not exist, or beyond the head of their own. */
export async function strayProblem(
  database: Queryable,
  lanes: readonly number[],
  walked: readonly LaneMark[],
): Promise<LogProblem | undefined> {
  const used = await database.query<{ lane: number; position: number }>(READ_LANES_IN_USE);
  const stray = used.find(({ lane }) => !lanes.includes(lane));
  if (stray) return { ...stray, reason: `the log has no lane ${stray.lane}, and there are events in it` };
  for (const { lane, position } of walked) {
    const [beyond] = await database.query<{ position: number | null }>(READ_BEYOND, [lane, position]);
    if (beyond?.position) {
      return {
        lane,
        position: beyond.position,
        reason: `the event lies beyond the lane's head, which is at ${position}`,
      };
    }
  }
  return undefined;
}
