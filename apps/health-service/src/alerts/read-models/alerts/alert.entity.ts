import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AlertSeverity, AlertStatus } from '#libs/contracts';

@Entity('alerts')
export class AlertRecord {
  @PrimaryColumn('text') tenant!: string;
  @PrimaryColumn('text', { name: 'alert_id' }) alertId!: string;
  @Column('text') name!: string;
  @Column('text') severity!: AlertSeverity;
  @Column('text') status!: AlertStatus;
  @Column('text') summary!: string;
  @Column('text') description!: string;
  @Column('jsonb') labels!: Record<string, string>;
  @Column('timestamptz', { name: 'starts_at' }) startsAt!: Date;
  @Column('timestamptz', { name: 'ends_at', nullable: true }) endsAt!: Date | null;
  @Column('text', { nullable: true }) runbook!: string | null;
  /** bigint, which TypeORM reads as text. */
  @Column('bigint', { name: 'raised_position' }) raisedPosition!: string;
}
