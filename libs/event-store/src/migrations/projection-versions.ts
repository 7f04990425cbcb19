import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table projections (
  name              text collate "C" primary key,
  table_name        text collate "C" not null unique,
  active_version    integer not null,
  previous_version  integer,
  previous_epoch    integer,
  previous_position bigint,
  refused_version   integer,
  switched_at       timestamptz
);
comment on table projections is 'Which version of each read model its table holds, and what <table>__previous holds for a roll back.';
comment on column projections.refused_version is 'A version that was rolled back: services do not rebuild it by themselves.';

create table projection_rebuilds (
  name       text collate "C" not null,
  part       smallint not null,
  parts      smallint not null,
  version    integer  not null,
  epoch      integer  not null,
  table_id   oid      not null,
  position   bigint   not null,
  started_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  primary key (name, part)
) with (fillfactor = 50);
comment on table projection_rebuilds is 'How far <table>__rebuild of each projection is; one row for each range of slots that is folded by itself.';
`;

/**
 * Whether a table may be renamed and replaced. The rights of whoever is logged in decide: a role that may delete all
 * rows of a table gains nothing by this, and the log's own tables give nobody that right.
 */
const READ_MODEL_TABLE = `
create function read_model_table(wanted text) returns oid language plpgsql stable as $$
declare
  id oid;
begin
  select c.oid into id
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = current_schema() and c.relname = wanted and c.relkind = 'r' and not c.relispartition;
  if id is null then
    raise exception 'there is no read model table % in schema %', wanted, current_schema() using errcode = 'undefined_table';
  end if;
  if wanted ~ '__(rebuild|previous)$' or length(wanted) > 48 or wanted in (
      'checkpoints', 'event_types', 'events', 'idempotency_keys', 'inbox', 'incarnations', 'lanes', 'leases', 'migrations',
      'projection_rebuilds', 'projections', 'relay_progress', 'signed_heads', 'snapshots', 'streams')
    or not has_table_privilege(session_user, id, 'insert') or not has_table_privilege(session_user, id, 'update')
    or not has_table_privilege(session_user, id, 'delete') then
    raise exception 'table % is no read model of %', wanted, session_user using errcode = 'insufficient_privilege';
  end if;
  return id;
end $$;
`;

const REGISTER = `
create function register_projection(wanted_name text, wanted_version integer, wanted_table text)
returns table (active_version integer, refused_version integer) language plpgsql security definer as $$
declare
  known projections;
  is_new boolean;
begin
  perform read_model_table(wanted_table);
  insert into projections as p (name, table_name, active_version)
  values (wanted_name, wanted_table, coalesce((
    select max(c.version) from checkpoints c where c.name = wanted_name and c.position > 0), wanted_version))
  on conflict (name) do nothing;
  is_new := found;
  select * into strict known from projections p where p.name = wanted_name;
  if known.table_name <> wanted_table then
    raise exception 'projection % has the table %, not %', wanted_name, known.table_name, wanted_table
      using errcode = 'invalid_parameter_value';
  end if;
  if is_new and known.active_version = wanted_version then
    insert into checkpoints (name, version, epoch, position)
    values (wanted_name, wanted_version, (select max(epoch) from incarnations), 0) on conflict (name, version) do nothing;
  end if;
  return query select known.active_version, known.refused_version;
end $$;
`;

/** A table that a migration made for the new version is taken as it is; else one is made like that of the active one. */
const BEGIN_REBUILD = `
create function begin_rebuild(wanted_name text, wanted_version integer, wanted_parts integer)
returns table (part integer, parts integer, "position" bigint, is_resumed boolean) language plpgsql security definer as $$
declare
  known projections;
  live oid;
  building oid;
  made oid;
  going_on boolean;
  current_epoch integer := (select max(epoch) from incarnations);
  new_name text;
  privilege record;
begin
  select * into known from projections p where p.name = wanted_name for update;
  if known.name is null then
    raise exception 'there is no projection %', wanted_name using errcode = 'invalid_parameter_value';
  end if;
  live := read_model_table(known.table_name);
  if exists (select from pg_constraint where contype = 'f' and (conrelid = live or confrelid = live))
    or exists (select from pg_trigger where tgrelid = live and not tgisinternal)
    or exists (select from pg_depend d where d.refobjid = live and d.classid in ('pg_rewrite'::regclass, 'pg_policy'::regclass))
    or exists (select from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
               where d.classid = 'pg_class'::regclass and d.refobjid = live) then
    raise exception 'table % has views, foreign keys, triggers, policies or sequences, and cannot be replaced', known.table_name
      using errcode = 'feature_not_supported';
  end if;
  new_name := known.table_name || '__rebuild';
  select c.oid into building from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = current_schema() and c.relname = new_name;
  select r.table_id, r.version = wanted_version and r.epoch = current_epoch and r.table_id = building
  into made, going_on
  from projection_rebuilds r where r.name = wanted_name limit 1;
  if building is not null and coalesce(going_on, false) then
    return query select r.part::integer, r.parts::integer, r.position, true from projection_rebuilds r where r.name = wanted_name order by r.part;
    return;
  end if;
  if building is null or building = made then
    execute format('drop table if exists %I', new_name);
    execute format('create table %I (like %I including all)', new_name, known.table_name);
    building := to_regclass(quote_ident(new_name));
  else
    execute format('truncate table %I', new_name);
  end if;
  for privilege in
    select a.grantee, a.privilege_type from pg_class c, aclexplode(c.relacl) a where c.oid = live and a.grantee <> c.relowner
  loop
    execute format('grant %s on %I to %s', privilege.privilege_type, new_name,
      case privilege.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(privilege.grantee)) end);
  end loop;
  delete from projection_rebuilds r where r.name = wanted_name;
  insert into projection_rebuilds (name, part, parts, version, epoch, table_id, position)
  select wanted_name, n, wanted_parts, wanted_version, current_epoch, building, 0 from generate_series(0, wanted_parts - 1) n;
  return query select r.part::integer, r.parts::integer, r.position, false from projection_rebuilds r where r.name = wanted_name order by r.part;
end $$;
`;

/** Gives two tables of one shape each other's names for their indexes, so that names mean the same after a switch. */
const SWAP_INDEX_NAMES = `
create function swap_index_names(one oid, other oid) returns void language plpgsql as $$
declare
  pair record;
begin
  for pair in
    with indexes as (
      select i.indrelid, c.relname,
        i.indisunique::text || i.indisprimary::text || substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') as shape,
        row_number() over (partition by i.indrelid, i.indisunique, i.indisprimary,
          substring(pg_get_indexdef(i.indexrelid) from ' USING .*$') order by c.relname) as nth
      from pg_index i join pg_class c on c.oid = i.indexrelid
      where i.indrelid in (one, other)
    )
    select a.relname as a, b.relname as b from indexes a join indexes b using (shape, nth)
    where a.indrelid = one and b.indrelid = other
  loop
    execute format('alter index %I rename to %I', pair.a, '__swapped_index');
    execute format('alter index %I rename to %I', pair.b, pair.a);
    execute format('alter index %I rename to %I', '__swapped_index', pair.b);
  end loop;
end $$;
`;

/** The caller has brought the new rows to the position, in the same transaction. */
const SWITCH = `
create function switch_projection(wanted_name text, wanted_version integer, wanted_position bigint) returns void
language plpgsql security definer as $$
declare
  known projections;
  live oid;
  building oid;
  new_name text;
  old_name text;
begin
  perform from checkpoints c where c.name = wanted_name for update;
  select * into known from projections p where p.name = wanted_name for update;
  if known.name is null then
    raise exception 'there is no projection %', wanted_name using errcode = 'invalid_parameter_value';
  end if;
  live := read_model_table(known.table_name);
  new_name := known.table_name || '__rebuild';
  old_name := known.table_name || '__previous';
  building := to_regclass(quote_ident(new_name));
  -- A part moves before it writes, so whoever holds all parts knows that no rows beyond them are on their way.
  perform from projection_rebuilds r where r.name = wanted_name for update;
  if building is null or not exists (select from projection_rebuilds r where r.name = wanted_name)
    or exists (select from projection_rebuilds r where r.name = wanted_name and (r.version <> wanted_version
      or r.position <> wanted_position or r.table_id <> building or r.epoch <> (select max(epoch) from incarnations))) then
    raise exception 'projection % has no rebuild of version % at position %', wanted_name, wanted_version, wanted_position
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  execute format('drop table if exists %I', old_name);
  execute format('alter table %I rename to %I', known.table_name, old_name);
  execute format('alter table %I rename to %I', new_name, known.table_name);
  perform swap_index_names(live, building);
  update projections p set
    active_version = wanted_version, refused_version = null, switched_at = clock_timestamp(),
    previous_version = known.active_version,
    previous_epoch = (select c.epoch from checkpoints c where c.name = wanted_name and c.version = known.active_version),
    previous_position = (select c.position from checkpoints c where c.name = wanted_name and c.version = known.active_version)
  where p.name = wanted_name;
  delete from checkpoints c where c.name = wanted_name;
  insert into checkpoints (name, version, epoch, position)
  values (wanted_name, wanted_version, (select max(epoch) from incarnations), wanted_position);
  delete from projection_rebuilds r where r.name = wanted_name;
end $$;
`;

const ROLL_BACK = `
create function roll_back_projection(wanted_name text)
returns table (active_version integer, "position" bigint, refused_version integer) language plpgsql security definer as $$
declare
  known projections;
  here checkpoints;
  live oid;
  previous oid;
  old_name text;
begin
  perform from checkpoints c where c.name = wanted_name for update;
  select * into known from projections p where p.name = wanted_name for update;
  if known.name is null then
    raise exception 'there is no projection %', wanted_name using errcode = 'invalid_parameter_value';
  end if;
  live := read_model_table(known.table_name);
  old_name := known.table_name || '__previous';
  previous := to_regclass(quote_ident(old_name));
  if previous is null or known.previous_version is null or known.previous_position is null then
    raise exception 'projection % has no previous version to go back to', wanted_name
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  select * into here from checkpoints c where c.name = wanted_name and c.version = known.active_version;
  execute format('alter table %I rename to %I', known.table_name, '__swapped_table');
  execute format('alter table %I rename to %I', old_name, known.table_name);
  execute format('alter table %I rename to %I', '__swapped_table', old_name);
  perform swap_index_names(live, previous);
  update projections p set
    active_version = known.previous_version, switched_at = clock_timestamp(),
    refused_version = nullif(known.active_version, known.previous_version),
    previous_version = known.active_version, previous_epoch = here.epoch, previous_position = here.position
  where p.name = wanted_name;
  delete from checkpoints c where c.name = wanted_name;
  insert into checkpoints (name, version, epoch, position)
  values (wanted_name, known.previous_version, known.previous_epoch, known.previous_position);
  return query select p.active_version, known.previous_position, p.refused_version from projections p where p.name = wanted_name;
end $$;
`;

const BEGIN_EPOCH = `
create function begin_epoch(wanted_reason text)
returns table (name text, version integer, "position" bigint, carried boolean) language plpgsql security definer as $$
declare
  old_epoch integer;
  head bigint;
begin
  lock table incarnations in share row exclusive mode;
  select max(epoch) into strict old_epoch from incarnations;
  select min(l.position) into strict head from lanes l;
  insert into incarnations (epoch, id, reason) values (old_epoch + 1, gen_random_uuid(), wanted_reason);
  update projections p set previous_epoch = old_epoch + 1
  where p.previous_epoch = old_epoch and p.previous_position <= head;
  return query
    with moved as (
      update checkpoints c set epoch = old_epoch + 1 where c.epoch = old_epoch and c.position <= head returning c.name, c.version
    )
    select c.name, c.version, c.position, m.name is not null
    from checkpoints c left join moved m on m.name = c.name and m.version = c.version
    order by c.name, c.version;
end $$;
`;

/** A definer's names are looked up in the log's schema only; temporary tables come last, so that nobody can put one before. */
const PIN = `
do $$
declare
  routine text;
begin
  foreach routine in array array['read_model_table(text)', 'register_projection(text, integer, text)',
    'begin_rebuild(text, integer, integer)', 'swap_index_names(oid, oid)', 'switch_projection(text, integer, bigint)',
    'roll_back_projection(text)', 'begin_epoch(text)']
  loop
    execute format('alter function %s set search_path = %I, pg_temp', routine, current_schema());
    execute format('revoke all on function %s from public', routine);
  end loop;
end $$;
`;

/** Versions of read models: which one is shown, how a rebuild of another is getting on, and the switch between them. */
export class ProjectionVersions2026112300003 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [
      TABLES,
      READ_MODEL_TABLE,
      REGISTER,
      BEGIN_REBUILD,
      SWAP_INDEX_NAMES,
      SWITCH,
      ROLL_BACK,
      BEGIN_EPOCH,
      PIN,
    ]) {
      await queryRunner.query(statement);
    }
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
