import { z } from 'zod';
import { AssessmentFailedV1 } from '#libs/contracts';
import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { ASSESSMENT_COMPLETED, ASSESSMENT_FAILED, DECISION_MADE } from '../../finding-events.ts';

type AgentKey = Readonly<{ agent_id: string }>;
/** One row of `agents`. */
export type AgentRow = AgentKey &
  Readonly<{
    status: 'running' | 'paused' | 'failing';
    since: string;
    last_assessment_at: string | null;
    assessments: number;
    decisions: number;
    last_decision_at: string | null;
    consecutive_failures: number;
  }>;

const ofAgent = z.looseObject({ agentId: z.string() });

/** How the agents do. */
export const agentRows: RowProjection<AgentKey, AgentRow> = {
  name: 'agent.agents',
  version: 1,
  table: 'agents',
  keyColumns: ['agent_id'],
  handles: new Set([
    'agent.agent-started',
    'agent.agent-paused',
    'agent.agent-resumed',
    ASSESSMENT_COMPLETED,
    ASSESSMENT_FAILED,
    DECISION_MADE,
  ]),
  keysOf: ({ data }) => [{ agent_id: ofAgent.parse(data).agentId }],
  evolve: (row, event, key) => evolve(row ?? newRow(key, event), event),
};

function newRow(key: AgentKey, { metadata }: RecordedEvent): AgentRow {
  return {
    ...key,
    status: 'running',
    since: metadata.occurredAt,
    last_assessment_at: null,
    assessments: 0,
    decisions: 0,
    last_decision_at: null,
    consecutive_failures: 0,
  };
}

function evolve(row: AgentRow, { type, data, recordedAt, metadata }: RecordedEvent): AgentRow {
  const at = recordedAt.toISOString();
  switch (type) {
    case 'agent.agent-paused':
      return { ...row, status: 'paused', since: metadata.occurredAt };
    case 'agent.agent-resumed':
      return { ...row, status: 'running', since: metadata.occurredAt };
    case ASSESSMENT_COMPLETED:
      return { ...recovered(row, at), last_assessment_at: at, assessments: row.assessments + 1 };
    case ASSESSMENT_FAILED: {
      const { consecutiveFailures } = AssessmentFailedV1.data.parse(data);
      const failing = row.status === 'running' ? { status: 'failing' as const, since: at } : {};
      return { ...row, ...failing, consecutive_failures: consecutiveFailures };
    }
    case DECISION_MADE:
      return { ...row, decisions: row.decisions + 1, last_decision_at: at };
    default:
      return row;
  }
}

function recovered(row: AgentRow, at: string): AgentRow {
  const running = row.status === 'failing' ? { status: 'running' as const, since: at } : {};
  return { ...row, ...running, consecutive_failures: 0 };
}

export const agentProjection = projectRows(agentRows);
