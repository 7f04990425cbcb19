import { Inject, Injectable } from '@nestjs/common';
import { correlationId, type TenantId } from '#libs/kernel';
import { parseBusinessEvent, type CloudEvent, type IngestResult, type ParsedBusinessEvent } from '#libs/contracts';
import { canonicalJson, type Append } from '#libs/event-store';
import { withSpan } from '#libs/observability';
import { eventMetadata, RUNTIME, type Runtime } from '#libs/service-kit';
import { BUSINESS_ZONES, type BusinessZones } from '../business-zones.ts';
import { logTypeOf } from '../log-events.ts';
import { streamOf } from './domain/event-stream.ts';

type Incoming = Readonly<{ event: CloudEvent; tenant: TenantId; actor: string; timeZone: string }>;

/** Takes business events into the log, each once: `(source, id)` is its identity. */
@Injectable()
export class Ingestion {
  constructor(
    @Inject(RUNTIME) private readonly runtime: Runtime,
    @Inject(BUSINESS_ZONES) private readonly zones: BusinessZones,
  ) {}

  /**
   * @param actor who sent it: `key:till-7`, `bus`
   * @throws UnknownEventType, EventDataInvalid, UnstorableEvent, IdempotencyKeyReused, StoreUnavailable
   */
  async ingest(event: CloudEvent, tenant: TenantId, actor: string): Promise<IngestResult> {
    try {
      const parsed = parseBusinessEvent(event);
      const timeZone = await this.zones.zoneOf(tenant);
      const parent = event.traceparent === undefined ? {} : { parent: { traceparent: event.traceparent } };
      const result = await withSpan('ingest', { attributes: { 'cloudevents.event_type': event.type }, ...parent }, () =>
        this.runtime.store.append(this.appendOf(parsed, { event, tenant, actor, timeZone })),
      );
      const status = result.outcome === 'appended' ? 'accepted' : 'duplicate';
      this.runtime.metrics.eventsIngested.add(1, { outcome: status });
      return { id: event.id, source: event.source, status, position: result.firstPosition };
    } catch (error) {
      this.runtime.metrics.eventsIngested.add(1, { outcome: 'rejected' });
      throw error;
    }
  }

  private appendOf(parsed: ParsedBusinessEvent, { event, tenant, actor, timeZone }: Incoming): Append {
    return {
      tenant,
      streamId: streamOf(parsed),
      expected: 'any',
      events: [{ ...logTypeOf(parsed.type), data: parsed.data }],
      idempotencyKey: `event:${event.source}|${event.id}`,
      fingerprint: canonicalJson([event.type, event.subject ?? null, event.time ?? null, event.data ?? null]),
      metadata: {
        ...eventMetadata({
          clock: this.runtime.clock,
          ids: this.runtime.ids,
          actor,
          causationId: event.causationid,
          correlationId: event.correlationid === undefined ? undefined : correlationId(event.correlationid),
          occurredAt: event.time === undefined ? undefined : new Date(event.time).toISOString(),
        }),
        timeZone,
        source: event.source,
        sourceId: event.id,
        ...(event.subject === undefined ? {} : { subject: event.subject }),
      },
    };
  }
}
