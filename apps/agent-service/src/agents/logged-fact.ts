import { OutcomeRecordedV1 } from '#libs/contracts';
import type { LoggedFact } from '#libs/agent-kit';
import type { RecordedEvent } from '#libs/event-store';
import { businessEventOf } from '../log-events.ts';

const OUTCOME_RECORDED = 'agent.outcome-recorded';

/** What an agent learns from an event of the log; nothing from what services say about themselves. */
export function loggedFactOf(event: RecordedEvent): LoggedFact | undefined {
  const { tenant, position, id, metadata, recordedAt } = event;
  const place = {
    tenant,
    position,
    eventId: id,
    correlationId: metadata.correlationId,
    traceparent: metadata.traceparent ?? null,
    occurredAtMs: Date.parse(metadata.occurredAt),
    recordedAtMs: recordedAt.getTime(),
  };
  if (event.type === OUTCOME_RECORDED) {
    return { ...place, type: OutcomeRecordedV1.type, data: OutcomeRecordedV1.data.parse(event.data) };
  }
  const parsed = businessEventOf(event);
  return parsed && { ...place, ...parsed };
}
