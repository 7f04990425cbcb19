import type { DomainEvent } from '#libs/kernel';
import type { NewEvent, RecordedEvent } from './event-store.ts';
import type { EventType } from './upcasting/event-types.ts';

/** How a capability's domain events look in the log. */
export interface EventCodec<E extends DomainEvent> {
  /** Every type that it writes and reads, each in its newest version. */
  readonly types: readonly EventType[];
  encode(event: E): NewEvent;
  /** @throws UnreadableEvent for a type that is not among its own; what its schemas throw for other data */
  decode(event: RecordedEvent): E;
}
