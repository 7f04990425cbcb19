import { Column, Entity, PrimaryColumn } from 'typeorm';

const integer = { to: (value: number) => value, from: (value: string) => Number(value) };

/** One row of `agents`, to be queried; the projection writes it. */
@Entity({ name: 'agents', synchronize: false })
export class AgentEntity {
  @PrimaryColumn('text', { name: 'agent_id' })
  agentId!: string;

  @Column('text')
  status!: 'running' | 'paused' | 'failing';

  @Column('timestamptz')
  since!: Date;

  @Column('timestamptz', { name: 'last_assessment_at', nullable: true })
  lastAssessmentAt!: Date | null;

  @Column('bigint', { transformer: integer })
  assessments!: number;

  @Column('bigint', { transformer: integer })
  decisions!: number;

  @Column('timestamptz', { name: 'last_decision_at', nullable: true })
  lastDecisionAt!: Date | null;

  @Column('integer', { name: 'consecutive_failures' })
  consecutiveFailures!: number;
}
