import { decisionSchema } from '#libs/contracts';
import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { z } from 'zod';

type DecisionKey = Readonly<{ decision_id: string }>;
/** One row of `decisions`. */
export type DecisionRow = DecisionKey &
  Readonly<{
    tenant: string;
    position: number;
    agent_id: string;
    decision_type: string;
    subject_ref: string;
    decided_by: string;
    decided_at: string;
    /** When it was in the business; when it was decided if the decision does not say. */
    business_time: string;
    confidence: number;
    recorded_at: string;
    correlation_id: string;
    trace_id: string | null;
    decision: z.infer<typeof decisionSchema>;
    evidence_positions: readonly number[];
  }>;

const recordedSchema = decisionSchema.extend({ evidencePositions: z.array(z.int().positive()) });

/** What was decided. A decision never changes; each is one row. */
export const decisionRows: RowProjection<DecisionKey, DecisionRow> = {
  name: 'agent.decisions',
  version: 2,
  table: 'decisions',
  keyColumns: ['decision_id'],
  handles: new Set(['agent.decision-made']),
  keysOf: ({ data }) => [{ decision_id: recordedSchema.parse(data).decisionId }],
  evolve: (_row, event) => decisionRow(event),
};

function decisionRow({ data, tenant, position, recordedAt, metadata }: RecordedEvent): DecisionRow {
  const { evidencePositions, ...decision } = recordedSchema.parse(data);
  return {
    decision_id: decision.decisionId,
    tenant,
    position,
    agent_id: decision.agentId,
    decision_type: decision.decisionType,
    subject_ref: decision.subjectRef,
    decided_by: decision.decidedBy,
    decided_at: decision.decidedAt,
    business_time: decision.businessTime ?? decision.decidedAt,
    confidence: decision.confidence,
    recorded_at: recordedAt.toISOString(),
    correlation_id: metadata.correlationId,
    trace_id: metadata.traceparent?.split('-')[1] ?? null,
    decision,
    evidence_positions: evidencePositions,
  };
}

export const decisionProjection = projectRows(decisionRows);
