import type { ConsumerProgress } from '#libs/messaging';
import type { Metrics } from '#libs/observability';
import type { ComponentHealth, HealthIndicator } from '../health/health-indicator.ts';
import type { TransportStatus } from '../transport/steward-transport.ts';

/** Streams that are parked and consumers in trouble make a service degraded: it works, and somebody should look. */
export function consumersHealth(transport: { readonly consumers: TransportStatus }): HealthIndicator {
  return {
    name: 'consumers',
    required: false,
    check: () => Promise.resolve(healthOf(transport.consumers)),
  };
}

function healthOf({ logs, outside, troubles, slots }: TransportStatus): ComponentHealth {
  const parked = logs.reduce((sum, { parkedStreams }) => sum + parkedStreams, 0);
  const [
    error = parked > 0 ? `${parked} streams wait behind messages that failed: see GET /v1/dead-letters` : undefined,
  ] = troubles;
  return {
    status: error === undefined ? 'healthy' : 'degraded',
    ...(error === undefined ? {} : { error }),
    logs,
    ...(outside === undefined ? {} : { outside }),
    ...(slots === undefined ? {} : { slots: slots.held.length, instances: slots.members.length }),
  };
}

export function measureConsumer(metrics: Metrics, consumer: string, progress: ConsumerProgress): void {
  const { handledIn, caughtUp, duplicates, lag, parkedStreams } = progress;
  if (handledIn !== undefined) metrics.handlerDuration.record(handledIn, { consumer });
  if (caughtUp !== undefined) metrics.eventsCaughtUp.add(caughtUp, { consumer });
  if (duplicates !== undefined) metrics.duplicatesDropped.add(duplicates, { consumer });
  if (lag !== undefined) metrics.consumerLag.set(lag, { consumer });
  if (parkedStreams !== undefined) metrics.parkedStreams.set(parkedStreams, { consumer });
}
