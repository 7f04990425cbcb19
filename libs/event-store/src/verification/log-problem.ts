import type { StoredEvent } from './chain-link.ts';

/** The first thing in a log that cannot be as it was written. */
export type LogProblem = Readonly<{
  lane: number;
  /** Of the first event that does not fit, or that is missing. */
  position: number;
  /** `<tenant>/<stream id>` as the log has it now. */
  stream?: string;
  streamVersion?: number;
  /** Number of the signed head that shows it. */
  signedHead?: number;
  reason: string;
}>;

export function problemOf(event: StoredEvent, reason: string): LogProblem {
  const { lane, position, tenant, stream_id: streamId, stream_version: streamVersion } = event;
  return { lane, position, stream: `${tenant}/${streamId}`, streamVersion, reason };
}
