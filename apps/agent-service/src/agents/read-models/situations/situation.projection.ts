import { projectRows, type RecordedEvent, type RowProjection } from '#libs/event-store';
import { DECISION_MADE, FINDING_CLEARED, recordedDecisionSchema } from '../../finding-events.ts';

type SituationKey = Readonly<{ tenant: string; stream_id: string }>;
/** One row of `situations`. */
export type SituationRow = SituationKey &
  Readonly<{
    agent_id: string;
    key: string;
    detector: string;
    subject: string;
    state: string;
    grade: number;
    is_open: boolean;
    decided_at: string;
    stream_version: number;
  }>;

/** Which situations were decided and last. Occurrences have happened; nothing of them must be known. */
export const situationRows: RowProjection<SituationKey, SituationRow> = {
  name: 'agent.situations',
  version: 1,
  table: 'situations',
  keyColumns: ['tenant', 'stream_id'],
  handles: new Set([DECISION_MADE, FINDING_CLEARED]),
  rowsOf: 'one-stream',
  keysOf: ({ tenant, streamId }) => [{ tenant, stream_id: streamId }],
  evolve: (row, event, key) =>
    event.type === DECISION_MADE
      ? decided(event, key)
      : row && { ...row, is_open: false, stream_version: event.streamVersion },
};

function decided({ data, streamVersion }: RecordedEvent, key: SituationKey): SituationRow | undefined {
  const { agentId, subjectRef, finding, businessTime, decidedAt } = recordedDecisionSchema.parse(data);
  if (finding?.kind !== 'situation') return undefined;
  return {
    ...key,
    agent_id: agentId,
    key: finding.key,
    detector: finding.detector,
    subject: subjectRef,
    state: finding.state,
    grade: finding.grade,
    is_open: true,
    decided_at: businessTime ?? decidedAt,
    stream_version: streamVersion,
  };
}

export const situationProjection = projectRows(situationRows);
