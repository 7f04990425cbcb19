import type { MigrationInterface, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { fnv1a } from '#libs/kernel';
import { canonicalJson } from '../canonical-form.ts';
import { currentSchema } from './current-schema.ts';

/** Events hold the canonical text itself, byte for byte: that is what their hashes cover. */
const TABLES = `
drop trigger events_are_immutable on events;
alter table events
  alter column data type json using data::text::json,
  alter column metadata type json using metadata::text::json;

create table event_types (
  type           text collate "C" not null,
  type_version   smallint not null,
  first_position bigint not null,
  primary key (type, type_version)
);
comment on table event_types is 'Every (type, version) that the log holds, so that a service can tell at its start whether it reads them all.';
insert into event_types (type, type_version, first_position)
select type, type_version, min(position) from events group by type, type_version;

create index idempotency_keys_by_age on idempotency_keys using brin (at);
`;

const IMMUTABLE_AGAIN = `
create trigger events_are_immutable before update or delete on events
  for each row execute function refuse_change()`;

/**
 * Every statement of these functions takes a snapshot of its own in READ COMMITTED, so what follows the lock sees all that
 * earlier holders of the lane committed. Plans are generic and by index, since the first calls meet empty tables.
 * Lists are parallel arrays: \`unnest\` of them is cheaper than JSON, and of the payload only slices are copied.
 */
const FUNCTIONS = `
create function lock_lane(_lane integer, _tenants text[], _streams text[], _key_tenants text[], _keys text[])
returns json language plpgsql security definer
set search_path = {schema}, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
declare
  state json;
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception '%', current_setting('transaction_isolation') using errcode = 'STW01';
  end if;
  perform pg_advisory_xact_lock({lockClass}, _lane);
  select json_build_object(
    'position', l.position,
    'hash', encode(l.hash, 'hex'),
    'now', to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'versions', array(
      select coalesce((select s.version from streams s where s.tenant = w.tenant and s.stream_id = w.stream_id), 0)
      from unnest(_tenants, _streams) as w (tenant, stream_id)),
    'keys', array(
      select (
        select json_build_object('fingerprint', k.fingerprint, 'streamVersion', k.stream_version,
                                 'firstPosition', k.first_position, 'lastPosition', k.last_position)
        from idempotency_keys k where k.tenant = w.tenant and k.key = w.key)
      from unnest(_key_tenants, _keys) as w (tenant, key)))
  into state from lanes l where l.lane = _lane;
  return state;
end $$;
comment on function lock_lane is 'Locks a lane until the transaction ends, and says what the log holds of these streams and keys.';
revoke execute on function lock_lane from public;

create function append_batch(
  _lane integer, _head bigint, _previous bytea, _recorded_at timestamptz, _hash bytea, _new_types boolean,
  _unsure_tenants text[], _unsure_streams text[], _unsure_versions integer[],
  _key_tenants text[], _keys text[], _fingerprints text[], _key_versions integer[], _key_firsts bigint[], _key_lasts bigint[],
  _tenants text[], _streams text[], _categories text[], _slots smallint[], _stream_versions integer[], _newest boolean[],
  _types text[], _type_versions smallint[], _ids uuid[],
  _data_starts integer[], _data_bytes integer[], _metadata_starts integer[], _metadata_bytes integer[],
  _hashes bytea, _payload bytea
) returns double precision language plpgsql security definer
set search_path = {schema}, pg_temp set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
begin
  perform pg_advisory_xact_lock({lockClass}, _lane);
  if abs(extract(epoch from clock_timestamp() - _recorded_at)) > 5 then
    return null;
  end if;
  if _unsure_streams <> '{}' then
    perform from unnest(_unsure_tenants, _unsure_streams, _unsure_versions) as u (tenant, stream_id, version)
    where u.version <> coalesce(
      (select s.version from streams s where s.tenant = u.tenant and s.stream_id = u.stream_id), 0);
    if found then return null; end if;
  end if;
  if _keys <> '{}' then
    perform from unnest(_key_tenants, _keys) as k (tenant, key)
    where (select true from idempotency_keys i where i.tenant = k.tenant and i.key = k.key);
    if found then return null; end if;
  end if;
  update lanes set position = _head + cardinality(_ids), hash = _hash
  where lane = _lane and position = _head and hash = _previous;
  if not found then return null; end if;

  insert into events (position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id,
                      data, metadata, recorded_at, hash)
  select _head + e.n, _lane, e.slot, e.tenant, e.stream_id, e.category, e.stream_version, e.type, e.type_version, e.id,
         convert_from(substr(_payload, e.data_start, e.data_bytes), 'UTF8')::json,
         convert_from(substr(_payload, e.metadata_start, e.metadata_bytes), 'UTF8')::json,
         _recorded_at, substr(_hashes, (e.n::integer - 1) * 32 + 1, 32)
  from unnest(_tenants, _streams, _categories, _slots, _stream_versions, _types, _type_versions, _ids,
              _data_starts, _data_bytes, _metadata_starts, _metadata_bytes) with ordinality
    as e (tenant, stream_id, category, slot, stream_version, type, type_version, id,
          data_start, data_bytes, metadata_start, metadata_bytes, n);

  insert into streams (tenant, stream_id, category, slot, version, last_position)
  select e.tenant, e.stream_id, e.category, e.slot, e.stream_version, _head + e.n
  from unnest(_tenants, _streams, _categories, _slots, _stream_versions, _newest) with ordinality
    as e (tenant, stream_id, category, slot, stream_version, newest, n)
  where e.newest
  on conflict (tenant, stream_id) do update set version = excluded.version, last_position = excluded.last_position;

  if _keys <> '{}' then
    insert into idempotency_keys (tenant, key, fingerprint, stream_version, first_position, last_position, at)
    select k.tenant, k.key, k.fingerprint, k.stream_version, k.first_position, k.last_position, _recorded_at
    from unnest(_key_tenants, _keys, _fingerprints, _key_versions, _key_firsts, _key_lasts)
      as k (tenant, key, fingerprint, stream_version, first_position, last_position);
  end if;
  if _new_types then
    insert into event_types (type, type_version, first_position)
    select t.type, t.type_version, _head + min(t.n)
    from unnest(_types, _type_versions) with ordinality as t (type, type_version, n) group by 1, 2
    on conflict (type, type_version) do nothing;
  end if;
  return extract(epoch from clock_timestamp()) * 1000;
end $$;
comment on function append_batch is 'Stores a decided batch if the lane''s head and what else was believed is still so; else does nothing and returns null.';
revoke execute on function append_batch from public;

-- It needs all of \`events\` for a moment. Behind a long reader, such as a backup, it must not wait long, since all others
-- would wait behind it; there is room for long enough to try again.
create function create_partitions_ahead(_ahead bigint) returns integer language plpgsql security definer
set search_path = {schema}, pg_temp set lock_timeout = '2s' as $$
declare
  size constant bigint := 10000000;
  head bigint;
  upper bigint;
  stranded bigint;
  partition regclass;
  created integer := 0;
begin
  perform pg_advisory_xact_lock({lockClass}, 32767);
  select max(position) into head from lanes;
  select max((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \\(''?(\\d+)''?\\)'))[1]::bigint) into upper
  from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'events'::regclass;
  select max(position) into stranded from events_beyond;
  if stranded is not null then
    alter table events detach partition events_beyond;
    execute format('alter table events_beyond rename to events_p%s', upper / size);
    execute format('alter table events attach partition events_p%s for values from (%s) to (%s)',
                   upper / size, upper, (stranded / size + 1) * size);
    upper := (stranded / size + 1) * size;
    create table events_beyond partition of events default;
    created := 1;
  end if;
  while upper < head + _ahead loop
    execute format('create table events_p%s partition of events for values from (%s) to (%s)',
                   upper / size, upper, upper + size);
    upper := upper + size;
    created := created + 1;
  end loop;
  for partition in
    select i.inhrelid::regclass from pg_inherits i
    where i.inhparent = 'events'::regclass
      and not exists (select from pg_trigger t where t.tgrelid = i.inhrelid and t.tgname = 'events_are_not_truncated')
  loop
    execute format('create trigger events_are_not_truncated before truncate on %s execute function refuse_change()', partition);
  end loop;
  return created;
end $$;
comment on function create_partitions_ahead is 'Makes partitions for at least so many positions after the head. What events_beyond took becomes a partition.';
revoke execute on function create_partitions_ahead from public;

create function forget_idempotency_keys(_before timestamptz, _limit integer) returns integer language plpgsql security definer
set search_path = {schema}, pg_temp as $$
declare
  forgotten integer;
begin
  if _before > clock_timestamp() - interval '1 hour' then
    raise exception 'keys younger than an hour are kept' using errcode = 'invalid_parameter_value';
  end if;
  delete from idempotency_keys where ctid = any (array(
    select k.ctid from idempotency_keys k where k.at < _before limit _limit));
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
comment on function forget_idempotency_keys is 'Forgets up to so many keys that are older; an append that is repeated with one of them is stored again.';
revoke execute on function forget_idempotency_keys from public;

select create_partitions_ahead(0); -- so that no partition can be truncated by itself
`;

const PAGE_SIZE = 1_000;
const textRows = z.array(z.object({ lane: z.int(), position: z.string(), data: z.string(), metadata: z.string() }));
type TextRow = z.infer<typeof textRows>[number];

/** Appends in one round trip, by functions that no service can go around. */
export class AppendFunction2026112300001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await rewriteCanonically(queryRunner);
    await queryRunner.query(IMMUTABLE_AGAIN);
    const { schema, quoted } = await currentSchema(queryRunner);
    // Advisory locks are one namespace per database, and several services may share it.
    const lockClass = fnv1a(`steward/log/${schema}`) | 0;
    await queryRunner.query(FUNCTIONS.replaceAll('{schema}', quoted).replaceAll('{lockClass}', String(lockClass)));
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}

/** What was jsonb has lost the canonical order of its keys; the hashes were always made of canonical text. */
async function rewriteCanonically(queryRunner: QueryRunner): Promise<void> {
  for (let lane = 0, after = '0'; ;) {
    const page = textRows.parse(
      await queryRunner.query(
        `select lane, position, data::text, metadata::text from events
       where (lane, position) > ($1, $2) order by lane, position limit ${PAGE_SIZE}`,
        [lane, after],
      ),
    );
    const last = page.at(-1);
    if (!last) return;
    await queryRunner.query(
      `update events e set data = r.data::json, metadata = r.metadata::json
       from json_to_recordset($1::json) as r (lane smallint, position bigint, data text, metadata text)
       where e.lane = r.lane and e.position = r.position`,
      [JSON.stringify(page.map(canonicalRow))],
    );
    ({ lane, position: after } = last);
  }
}

function canonicalRow({ lane, position, data, metadata }: TextRow): TextRow {
  return { lane, position, data: canonicalJson(JSON.parse(data)), metadata: canonicalJson(JSON.parse(metadata)) };
}
