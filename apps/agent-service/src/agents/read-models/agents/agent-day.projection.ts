import { AssessmentCompletedV1, AssessmentFailedV1 } from '#libs/contracts';
import { projectRows, type RowProjection } from '#libs/event-store';
import { ASSESSMENT_COMPLETED, ASSESSMENT_FAILED } from '../../finding-events.ts';

type AgentDayKey = Readonly<{ agent_id: string; day: string }>;
/** One row of `agent_days`. */
export type AgentDayRow = AgentDayKey & Readonly<{ assessments: number; failures: number; duration_ms: number }>;

/** How often an agent ran on each day (UTC, by the clock of the log), and how often in vain. */
export const agentDayRows: RowProjection<AgentDayKey, AgentDayRow> = {
  name: 'agent.agent-days',
  version: 1,
  table: 'agent_days',
  keyColumns: ['agent_id', 'day'],
  handles: new Set([ASSESSMENT_COMPLETED, ASSESSMENT_FAILED]),
  keysOf: ({ type, data, recordedAt }) => {
    const { agentId } = contractOf(type).parse(data);
    return [{ agent_id: agentId, day: recordedAt.toISOString().slice(0, 10) }];
  },
  evolve: (row, { type, data }, key) => {
    const { durationMs } = contractOf(type).parse(data);
    const isFailure = type === ASSESSMENT_FAILED;
    return {
      ...key,
      assessments: (row?.assessments ?? 0) + (isFailure ? 0 : 1),
      failures: (row?.failures ?? 0) + (isFailure ? 1 : 0),
      duration_ms: (row?.duration_ms ?? 0) + durationMs,
    };
  },
};

const contractOf = (type: string): typeof AssessmentCompletedV1.data | typeof AssessmentFailedV1.data =>
  type === ASSESSMENT_FAILED ? AssessmentFailedV1.data : AssessmentCompletedV1.data;

export const agentDayProjection = projectRows(agentDayRows);
