import type { MigrationInterface, QueryRunner } from 'typeorm';

const PARTITION_SIZE = 10_000_000;

/** The tables of one log. Unqualified names: the connection's search_path is the service's schema. */
const TABLES = `
create table incarnations (
  epoch  integer     primary key,
  id     uuid        not null,
  reason text        not null,
  at     timestamptz not null default clock_timestamp()
);
comment on table incarnations is 'One row per life of this store; a restore begins a new epoch, so that no old cursor is taken for a new one.';
insert into incarnations (epoch, id, reason) values (1, gen_random_uuid(), 'created');

create table lanes (
  lane     smallint primary key,
  position bigint   not null,
  hash     bytea    not null
);
comment on table lanes is 'Head of each append lane: last position and hash. Written under the lane''s advisory lock.';
insert into lanes (lane, position, hash) values (0, 0, decode(repeat('00', 32), 'hex'));

create table streams (
  tenant        text collate "C" not null,
  stream_id     text collate "C" not null,
  category      text collate "C" not null,
  slot          smallint not null,
  version       integer  not null,
  last_position bigint   not null,
  primary key (tenant, stream_id)
) with (fillfactor = 80);

create table events (
  position       bigint   not null,
  lane           smallint not null,
  slot           smallint not null,
  tenant         text collate "C" not null,
  stream_id      text collate "C" not null,
  category       text collate "C" not null,
  stream_version integer  not null,
  type           text collate "C" not null,
  type_version   smallint not null,
  id             uuid     not null,
  data           jsonb    not null,
  metadata       jsonb    not null,
  recorded_at    timestamptz not null,
  hash           bytea    not null,
  primary key (lane, position)
) partition by range (position);
create index events_by_stream on events (tenant, stream_id, stream_version);
create table events_p0 partition of events for values from (0) to (${PARTITION_SIZE});
create table events_p1 partition of events for values from (${PARTITION_SIZE}) to (${2 * PARTITION_SIZE});
create table events_beyond partition of events default;
comment on table events_beyond is 'Takes what no partition was made for in time, so that an append never fails for it.';

create table idempotency_keys (
  tenant         text collate "C" not null,
  key            text collate "C" not null,
  fingerprint    text    not null,
  stream_version integer not null,
  first_position bigint  not null,
  last_position  bigint  not null,
  at             timestamptz not null,
  primary key (tenant, key)
);

create table checkpoints (
  name       text collate "C" not null,
  version    integer not null,
  epoch      integer not null,
  position   bigint  not null,
  updated_at timestamptz not null default clock_timestamp(),
  primary key (name, version)
) with (fillfactor = 50);

create table leases (
  name  text collate "C" primary key,
  owner text   not null,
  fence bigint not null,
  until timestamptz not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'events are immutable: % on % is refused', tg_op, tg_table_name using errcode = 'insufficient_privilege';
end $$;
create trigger events_are_immutable before update or delete on events
  for each row execute function refuse_change();
create trigger events_are_not_truncated before truncate on events
  for each statement execute function refuse_change();
`;

/** The log, its checkpoints and its leases. */
export class LogTables2026112200001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
