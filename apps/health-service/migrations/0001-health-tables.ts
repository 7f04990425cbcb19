import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = `
create table heartbeats (
  kind               text collate "C" not null check (kind in ('agent', 'service')),
  component          text collate "C" not null,
  service            text not null,
  instance_id        text not null,
  status             text not null,
  detail             text,
  last_assessment_at timestamptz,
  seen_at            timestamptz not null,
  unbroken_since     timestamptz not null,
  streak             integer not null,
  streak_since       timestamptz not null,
  primary key (kind, component)
) with (fillfactor = 50);
comment on table heartbeats is 'The last heartbeat of each agent and service, on the database''s clock. Not events: overwritten each second.';
comment on column heartbeats.unbroken_since is 'Begin of the run of heartbeats without a silence between them; of health-service itself: since when it has heard.';
comment on column heartbeats.streak is 'Heartbeats in a row with this status and without a silence between them.';

create table health_states (
  tenant    text collate "C" not null,
  kind      text collate "C" not null,
  component text collate "C" not null,
  status    text not null,
  cause     text,
  detail    text,
  since     timestamptz not null,
  primary key (tenant, kind, component)
);
create index health_states_by_name on health_states (tenant, component, kind);
comment on table health_states is 'Projection: how each agent and service stands.';

create table alerts (
  tenant            text collate "C" not null,
  alert_id          text collate "C" not null,
  name              text not null,
  severity          text not null,
  status            text not null,
  fingerprint       text not null,
  summary           text not null,
  description       text not null,
  labels            jsonb not null,
  starts_at         timestamptz not null,
  ends_at           timestamptz,
  runbook           text,
  acknowledged_by   text,
  acknowledged_at   timestamptz,
  acknowledged_note text,
  resolution        text,
  raised_position   bigint not null,
  primary key (tenant, alert_id)
);
create index alerts_newest_first on alerts (tenant, raised_position desc);
create index alerts_open on alerts (severity) where status <> 'resolved';
comment on table alerts is 'Projection: every alert that was ever raised.';
`;

/** Heartbeats, and the read models of health and alerts. */
export class HealthTables2026112200101 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(TABLES);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
