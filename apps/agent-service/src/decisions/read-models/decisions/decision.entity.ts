import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DecisionRow } from './decision.projection.ts';

const integer = { to: (value: number) => value, from: (value: string) => Number(value) };

/** One row of `decisions`, to be queried; the projection writes it. */
@Entity({ name: 'decisions', synchronize: false })
export class DecisionEntity {
  @PrimaryColumn('text', { name: 'decision_id' })
  decisionId!: string;

  @Column('text')
  tenant!: string;

  @Column('bigint', { transformer: integer })
  position!: number;

  @Column('text', { name: 'agent_id' })
  agentId!: string;

  @Column('text', { name: 'decision_type' })
  decisionType!: string;

  @Column('text', { name: 'subject_ref' })
  subjectRef!: string;

  @Column('text', { name: 'decided_by' })
  decidedBy!: string;

  @Column('timestamptz', { name: 'decided_at' })
  decidedAt!: Date;

  @Column('double precision', { nullable: true })
  confidence!: number | null;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;

  @Column('text', { name: 'correlation_id' })
  correlationId!: string;

  @Column('text', { name: 'trace_id', nullable: true })
  traceId!: string | null;

  @Column('jsonb')
  decision!: DecisionRow['decision'];

  @Column('jsonb', { name: 'evidence_positions' })
  evidencePositions!: number[];
}
