import { describe, expect, it } from '@jest/globals';
import { heartbeatVerdict, type HeartbeatRecord } from './heartbeat-verdict.ts';

const now = new Date('2026-03-02T09:00:00.000Z');
const ago = (ms: number): Date => new Date(now.getTime() - ms);
const policy = { silentAfterMs: 10_000, recoveredAfterHeartbeats: 2, failuresUntilUnhealthy: 3 };
const longAgo = { since: ago(3_600_000), now };
const heard = (changes: Partial<HeartbeatRecord> = {}): HeartbeatRecord => ({
  subject: { kind: 'agent', name: 'inventory_agent' },
  status: 'running',
  streak: 2,
  streakSince: ago(1_500),
  lastSeenAt: ago(500),
  ...changes,
});

describe('what heartbeats say', () => {
  it('is silence when none came for the whole time', () => {
    expect(heartbeatVerdict(heard({ lastSeenAt: ago(10_000) }), longAgo, policy)).toBe('silent');
    expect(heartbeatVerdict(heard({ lastSeenAt: ago(9_999) }), longAgo, policy)).toBe('running');
  });

  it('is no silence while this service has not listened for the whole time', () => {
    const record = heard({ lastSeenAt: ago(3_600_000) });
    expect(heartbeatVerdict(record, { since: ago(9_999), now }, policy)).toBe('unclear');
    expect(heartbeatVerdict(record, { since: ago(10_000), now }, policy)).toBe('silent');
  });

  it('is unclear after one heartbeat alone, so that a late one does not flap', () => {
    expect(heartbeatVerdict(heard({ streak: 1 }), longAgo, policy)).toBe('unclear');
  });

  it.each(['paused', 'failing'] as const)('is %s only after as long as a silence takes', (status) => {
    const bad = { status, streak: 9 };
    expect(heartbeatVerdict(heard({ ...bad, streakSince: ago(9_999) }), longAgo, policy)).toBe('unclear');
    expect(heartbeatVerdict(heard({ ...bad, streakSince: ago(10_000) }), longAgo, policy)).toBe(status);
  });
});
