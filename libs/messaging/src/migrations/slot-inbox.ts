import type { MigrationInterface, QueryRunner } from 'typeorm';

const LEASES = `
create table slot_members (
  consumer_group text collate "C" not null,
  instance       text collate "C" not null,
  until          timestamptz not null,
  primary key (consumer_group, instance)
) with (fillfactor = 50);
comment on table slot_members is 'Instances that live, among whom the slots are shared out.';

create table slot_leases (
  consumer_group text collate "C" not null,
  slot           smallint not null check (slot between 0 and 63),
  owner          text collate "C",
  fence          bigint not null default 0,
  until          timestamptz not null,
  primary key (consumer_group, slot)
) with (fillfactor = 50);
comment on table slot_leases is 'Which instance works on which slot. The fence rises each time a slot changes hands.';
`;

const INBOX = `
alter table inbox rename to inbox_of_logs;
create table inbox (
  consumer text collate "C" not null,
  source   text collate "C" not null,
  slot     smallint not null check (slot between 0 and 63),
  epoch    integer not null,
  position bigint not null,
  fence    bigint not null default 0,
  primary key (consumer, source, slot)
) with (fillfactor = 50);
comment on table inbox is 'Up to where each consumer has applied each slot of each log. Moves in the transaction of the effect, so that an effect happens once.';
comment on column inbox.epoch is 'Life of the source''s store that the position belongs to; 0 when it was never learned.';
comment on column inbox.fence is 'Of the lease that works on the slot: who holds an older one changes nothing any more.';
insert into inbox (consumer, source, slot, epoch, position)
select consumer, source, slot, 0, position from inbox_of_logs, generate_series(0, 63) slot;
drop table inbox_of_logs;

create table inbox_ahead (
  consumer text collate "C" not null,
  source   text collate "C" not null,
  slot     smallint not null,
  position bigint not null,
  primary key (consumer, source, slot, position)
);
comment on table inbox_ahead is 'Events that were applied before an earlier one of their slot, which takes longer.';
`;

const PARKED = `
create table parked_messages (
  id              bigint generated always as identity primary key,
  consumer        text collate "C" not null,
  source          text collate "C" not null,
  slot            smallint,
  epoch           integer not null default 0,
  position        bigint not null,
  stream_key      text collate "C",
  tenant          text collate "C",
  subject         text not null,
  headers         json not null,
  payload         bytea not null,
  state           text not null check (state in ('retrying', 'waiting', 'dead', 'discarded')),
  attempts        integer not null default 0,
  next_attempt_at timestamptz,
  reason          text,
  code            text,
  violations      json,
  parked_at       timestamptz not null default clock_timestamp(),
  last_attempt_at timestamptz,
  announced_at    timestamptz,
  settled_by      text,
  settled_reason  text,
  settled_at      timestamptz,
  unique (consumer, source, epoch, position)
);
create index parked_messages_open on parked_messages (consumer, stream_key, id) where state <> 'discarded';
comment on table parked_messages is 'Messages that could not be handled, and those of the same stream behind them, in the order of id. A message leaves the table in the transaction of its effect.';
comment on column parked_messages.position is 'In the log; of a message from outside its sequence in the JetStream stream.';
comment on column parked_messages.stream_key is '<tenant>/<streamId>; null for a message that keeps no order.';
comment on column parked_messages.state is 'retrying: tried at next_attempt_at; waiting: behind another of its stream; dead: holds its stream until it is re-driven or discarded.';
comment on column parked_messages.announced_at is 'When the stream DEAD_LETTERS had it.';
`;

/** An inbox for each slot, the leases of slots, and what is put aside. */
export class SlotInbox2026112300005 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [LEASES, INBOX, PARKED]) await queryRunner.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
