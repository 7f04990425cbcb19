import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table signed_heads (
  number     bigint   primary key,
  lane       smallint not null,
  epoch      integer  not null references incarnations,
  position   bigint   not null,
  hash       bytea    not null,
  at         timestamptz not null,
  key_id     text collate "C" not null,
  public_key bytea    not null,
  previous   bytea    not null,
  signature  bytea    not null
);
create index signed_heads_by_lane on signed_heads (lane, number);
comment on table signed_heads is 'Heads of the log''s lanes, signed outside of the database; docs/log-format.md says what each signature covers.';

create table signed_heads_end (
  is_only  boolean primary key default true check (is_only),
  number   bigint  not null,
  previous bytea   not null
);
comment on table signed_heads_end is 'Number and signature hash of the newest signed head, so that its removal shows.';
insert into signed_heads_end (number, previous) values (0, decode(repeat('00', 32), 'hex'));

create trigger signed_heads_are_immutable before update or delete on signed_heads
  for each row execute function refuse_change();
create trigger signed_heads_are_not_truncated before truncate on signed_heads
  for each statement execute function refuse_change();
create trigger signed_heads_end_stays before delete on signed_heads_end
  for each row execute function refuse_change();
create trigger signed_heads_end_is_not_truncated before truncate on signed_heads_end
  for each statement execute function refuse_change();
`;

/**
 * The row of the end is the lock: of two signers at once, the second finds another number there, and stores nothing.
 * Whoever calls it, it finds the tables of the schema that it was made in.
 */
const FUNCTION = `
do $do$ begin execute format($create$
create function record_signed_head(
  _number bigint, _lane smallint, _epoch integer, _position bigint, _hash bytea, _at timestamptz,
  _key_id text, _public_key bytea, _previous bytea, _signature bytea
) returns boolean language plpgsql security definer set search_path = %I, pg_temp as $$
begin
  perform from signed_heads_end where number = _number - 1 and previous = _previous for update;
  if not found or exists (select from signed_heads where lane = _lane and position >= _position) then
    return false;
  end if;
  update signed_heads_end set number = _number, previous = sha256(_signature);
  insert into signed_heads (number, lane, epoch, position, hash, at, key_id, public_key, previous, signature)
  values (_number, _lane, _epoch, _position, _hash, _at, _key_id, _public_key, _previous, _signature);
  return true;
end $$
$create$, current_schema()); end $do$;
revoke execute on function record_signed_head from public;
`;

/** Where the signatures of the log's heads are kept. */
export class SignedHeads2026112300002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
    await queryRunner.query(FUNCTION);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
