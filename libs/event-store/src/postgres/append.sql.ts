/** Serialises the appends of one lane. A statement of its own, so that the next one sees all that earlier holders committed. */
export const LOCK_LANE = 'select pg_advisory_xact_lock($1::int, $2::int)';

/** The lane's head, the time, and what is known of the batch's streams and keys. Indexes: both primary keys. */
export const READ_LOG_STATE = `
select
  l.position,
  l.hash,
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as now,
  coalesce((
    select json_agg(json_build_object('tenant', s.tenant, 'stream_id', s.stream_id, 'version', s.version))
    from unnest($2::text[], $3::text[]) as wanted (tenant, stream_id)
    join streams s using (tenant, stream_id)
  ), '[]') as streams,
  coalesce((
    select json_agg(json_build_object(
      'tenant', k.tenant, 'key', k.key, 'fingerprint', k.fingerprint, 'stream_version', k.stream_version,
      'first_position', k.first_position, 'last_position', k.last_position))
    from unnest($4::text[], $5::text[]) as wanted (tenant, key)
    join idempotency_keys k using (tenant, key)
  ), '[]') as keys
from lanes l
where l.lane = $1`;

/** Stores everything that a batch decided, in one statement. */
export const WRITE_BATCH = `
with stored as (
  insert into events (position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id,
                      data, metadata, hash, recorded_at)
  select e.position, e.lane, e.slot, e.tenant, e.stream_id, e.category, e.stream_version, e.type, e.type_version, e.id,
         e.data::jsonb, e.metadata::jsonb, decode(e.hash, 'hex'), $4::timestamptz
  from json_to_recordset($1::json) as e (position bigint, lane smallint, slot smallint, tenant text, stream_id text,
    category text, stream_version integer, type text, type_version smallint, id uuid, data text, metadata text, hash text)
), heads as (
  insert into streams (tenant, stream_id, category, slot, version, last_position)
  select s.tenant, s.stream_id, s.category, s.slot, s.version, s.last_position
  from json_to_recordset($2::json) as s (tenant text, stream_id text, category text, slot smallint, version integer,
    last_position bigint)
  on conflict (tenant, stream_id) do update set version = excluded.version, last_position = excluded.last_position
), remembered as (
  insert into idempotency_keys (tenant, key, fingerprint, stream_version, first_position, last_position, at)
  select k.tenant, k.key, k.fingerprint, k.stream_version, k.first_position, k.last_position, $4::timestamptz
  from json_to_recordset($3::json) as k (tenant text, key text, fingerprint text, stream_version integer,
    first_position bigint, last_position bigint)
)
update lanes set position = $6, hash = $7 where lane = $5`;
