import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMN = `
alter table incarnations add column began_after bigint not null default 0;
comment on column incarnations.began_after is 'Head of the log when this life began: positions up to there mean the same in the lives before.';
`;

const BEGIN_EPOCH = `
create or replace function begin_epoch(wanted_reason text)
returns table (name text, version integer, "position" bigint, carried boolean) language plpgsql security definer as $$
declare
  old_epoch integer;
  head bigint;
begin
  lock table incarnations in share row exclusive mode;
  select max(epoch) into strict old_epoch from incarnations;
  select min(l.position) into strict head from lanes l;
  insert into incarnations (epoch, id, reason, began_after) values (old_epoch + 1, gen_random_uuid(), wanted_reason, head);
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
do $$ begin execute format('alter function begin_epoch(text) set search_path = %I, pg_temp', current_schema()); end $$;
`;

/** The tables of the bus are no read models either: no rebuild may put another in their place. */
const NO_READ_MODELS = `
do $$
declare
  definition text := pg_get_functiondef('read_model_table(text)'::regprocedure);
  known constant text := '''inbox'', ';
begin
  if position(known in definition) = 0 then
    raise exception 'read_model_table does not list the tables of the log as expected';
  end if;
  execute replace(definition, known, known || '''inbox_ahead'', ''parked_messages'', ''slot_leases'', ''slot_members'', ');
end $$;
`;

/** Where each life of the store began, so that others know which of its events are void. */
export class EpochStart2026112300006 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [COLUMN, BEGIN_EPOCH, NO_READ_MODELS]) await queryRunner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
