import type { HeartbeatStatus } from '#libs/contracts';
import type { Subject } from './component-health.ts';

/** What the heartbeats of one component look like at one moment; all times are the database's. */
export type HeartbeatRecord = Readonly<{
  subject: Subject;
  status: HeartbeatStatus;
  /** Heartbeats in a row with this status and without a silence between them. */
  streak: number;
  streakSince: Date;
  lastSeenAt: Date;
}>;

/** Since when this service has heard heartbeats without a gap: its own ones came back to it the whole time. */
export type Listening = Readonly<{ since: Date; now: Date }>;

export type HealthPolicy = Readonly<{
  silentAfterMs: number;
  recoveredAfterHeartbeats: number;
  failuresUntilUnhealthy: number;
}>;

/** What heartbeats alone say; `unclear` while they say nothing that one could act on. */
export type HeartbeatVerdict = 'silent' | 'running' | 'paused' | 'failing' | 'unclear';

/**
 * Silence counts only while somebody listened: from the last heartbeat or from when the listening began,
 * whichever is later. So neither a restart of this service nor a broker that was away accuses anyone.
 *
 * Good news counts after a few heartbeats. Bad news counts when they have told it for as long as a silence takes: a
 * dependency that was away for a moment is no alert, and the event of a pause, with the operator's trace, comes first.
 */
export function heartbeatVerdict(
  record: HeartbeatRecord,
  listening: Listening,
  policy: HealthPolicy,
): HeartbeatVerdict {
  const now = listening.now.getTime();
  const unheardMs = now - record.lastSeenAt.getTime();
  if (unheardMs >= policy.silentAfterMs) {
    return now - listening.since.getTime() >= policy.silentAfterMs ? 'silent' : 'unclear';
  }
  if (record.status === 'running') return record.streak >= policy.recoveredAfterHeartbeats ? 'running' : 'unclear';
  return now - record.streakSince.getTime() >= policy.silentAfterMs ? record.status : 'unclear';
}
