import { COLUMNS } from '../postgres/event-record.ts';

/**
 * A stream from its newest shortcut on, in one round trip: from the snapshot's last event when there is a snapshot newer
 * than version $5, else from version $5 itself. That first event proves whether the shortcut belongs to this history, so
 * it is read although it is folded in already, and carries the snapshot only when its hash is the one that was noted.
 * A snapshot beyond the end of its stream leads to the stream's last event. Indexes: both primary keys, events_by_stream.
 */
export const READ_FROM_SNAPSHOT = `
with snapshot as materialized (
  select s.stream_version, s.hash, s.state, least(s.stream_version, t.version) as first
  from snapshots s join streams t using (tenant, stream_id)
  where tenant = $1 and stream_id = $2 and s.decider = $3 and s.decider_version = $4 and s.stream_version > $5
)
select ${COLUMNS},
  (select s.stream_version from snapshot s) as snapshot_version,
  case when stream_version = (select s.stream_version from snapshot s) and hash = (select s.hash from snapshot s)
    then (select s.state::text from snapshot s) end as snapshot_state
from events
where tenant = $1 and stream_id = $2 and stream_version >= coalesce((select s.first from snapshot s), $5)
order by stream_version`;

/** Any snapshot that is proven by its hash is right, so the last one to be written may stay. */
export const WRITE_SNAPSHOT = `
insert into snapshots (tenant, stream_id, decider, decider_version, stream_version, hash, state)
values ($1, $2, $3, $4, $5, decode($6, 'hex'), $7)
on conflict (tenant, stream_id, decider) do update set
  decider_version = excluded.decider_version, stream_version = excluded.stream_version,
  hash = excluded.hash, state = excluded.state, at = clock_timestamp()`;
