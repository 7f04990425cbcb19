import { correlationId, type Clock, type CorrelationId, type IdSource } from '#libs/kernel';
import type { EventMetadata } from '#libs/event-store';
import { currentCorrelation, injectContext } from '#libs/observability';

export type MetadataOptions = Readonly<{
  clock: Clock;
  ids: IdSource;
  /** Who asked: `key:till-7`, `agent:inventory_agent`, `service:health`. */
  actor: string;
  /** Id of the event or message that caused this one. */
  causationId?: string | undefined;
  /** Default: of the work that runs, else a new one. */
  correlationId?: CorrelationId | undefined;
  /** Default: now. */
  occurredAt?: string | undefined;
}>;

/** Metadata for the events of the work that runs: its correlation, its trace, who asked and when. */
export function eventMetadata(options: MetadataOptions): EventMetadata {
  const carrier: Record<string, string> = {};
  injectContext(carrier);
  const { traceparent, tracestate } = carrier;
  return {
    correlationId: options.correlationId ?? currentCorrelation()?.correlationId ?? correlationId(options.ids.next()),
    actor: options.actor,
    occurredAt: options.occurredAt ?? options.clock.now().toISOString(),
    ...(options.causationId === undefined ? {} : { causationId: options.causationId }),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}
