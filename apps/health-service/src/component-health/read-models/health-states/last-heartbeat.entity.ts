import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The part of a heartbeat that people ask for; the table is written by the reaction to heartbeats. */
@Entity('heartbeats')
export class LastHeartbeat {
  @PrimaryColumn('text') kind!: string;
  @PrimaryColumn('text') component!: string;
  @Column('timestamptz', { name: 'seen_at' }) seenAt!: Date;
  @Column('timestamptz', { name: 'last_assessment_at', nullable: true }) lastAssessmentAt!: Date | null;
}
