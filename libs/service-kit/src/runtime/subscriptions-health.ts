import type { SubscriptionStatus } from '#libs/event-store';
import { redactText } from '#libs/observability';
import type { ComponentHealth } from '../health/health-indicator.ts';

/**
 * How the read models and reactions are, together: unhealthy while one cannot apply events, degraded while one shows rows
 * of another version or waits for a rebuild.
 */
export function healthOfSubscriptions(statuses: readonly SubscriptionStatus[]): ComponentHealth {
  const failing = statuses.filter((status) => status.failing);
  const standingBy = statuses.filter(({ state }) => state !== 'following');
  return {
    status: failing.length > 0 ? 'unhealthy' : standingBy.length > 0 ? 'degraded' : 'healthy',
    ...(failing.length === 0 ? {} : { failing: byName(failing, ({ lastError }) => lastError) }),
    ...(standingBy.length === 0 ? {} : { standingBy: byName(standingBy, ({ detail }) => detail) }),
  };
}

function byName(
  statuses: readonly SubscriptionStatus[],
  of: (status: SubscriptionStatus) => string | null,
): Readonly<Record<string, string>> {
  return Object.fromEntries(statuses.map((status) => [status.name, redactText(of(status) ?? '')]));
}
