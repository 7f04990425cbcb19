import { projectRows, type RowProjection } from '#libs/event-store';
import { DECISION_MADE, FINDING_CLEARED } from '../../finding-events.ts';

type FindingKey = Readonly<{ tenant: string; stream_id: string }>;
type FindingRow = FindingKey & Readonly<{ is_decided: boolean; stream_version: number }>;

/** Which situations are decided, and at which version of their stream. */
export const findingRows: RowProjection<FindingKey, FindingRow> = {
  name: 'agent.findings',
  version: 1,
  table: 'findings',
  keyColumns: ['tenant', 'stream_id'],
  handles: new Set([DECISION_MADE, FINDING_CLEARED]),
  rowsOf: 'one-stream',
  keysOf: ({ tenant, streamId }) => [{ tenant, stream_id: streamId }],
  evolve: (_row, { type, streamVersion }, key) => ({
    ...key,
    is_decided: type === DECISION_MADE,
    stream_version: streamVersion,
  }),
};

export const findingProjection = projectRows(findingRows);
