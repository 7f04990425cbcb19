export { Bus, connectBus, natsHeaders } from './bus.ts';
export type { BusHeaders, BusOptions, BusStatus, PlainMessage } from './bus.ts';
export { ask } from './queries/ask.ts';
export type { Question } from './queries/ask.ts';
export { AnswerNotUnderstood, QueryRefused } from './queries/query.errors.ts';
export { MessageTooLarge, NoAnswerInTime, NobodyListens, ReservedHeader } from './bus.errors.ts';
export { DEAD_LETTER_HEADER, publishDeadLetter } from './dead-letters.ts';
export type { DeadLetter } from './dead-letters.ts';
export { DeadLetterDesk, parkedSubject } from './dead-letters/dead-letter-desk.ts';
export type { DeadLetterDeskOptions, DeadLetterFilter, DeadLetterScope } from './dead-letters/dead-letter-desk.ts';
export {
  blockedStreamQuerySchema,
  deadLetterDetailSchema,
  deadLetterIdSchema,
  deadLetterItemSchema,
  deadLetterListQuerySchema,
  deadLetterPageSchema,
  deadLetterStateSchema,
  discardRequestSchema,
  redriveAnswerSchema,
  redriveRequestSchema,
} from './dead-letters/dead-letter-item.ts';
export type {
  DeadLetterDetail,
  DeadLetterItem,
  DeadLetterPage,
  DeadLetterState,
  RedriveAnswer,
  RedriveRequest,
} from './dead-letters/dead-letter-item.ts';
export { DeadLetterNotDead, DeadLetterNotFound } from './dead-letters/dead-letter.errors.ts';
export { BusUnavailable, MalformedMessage } from './errors.ts';
export { LogConsumer } from './consumer/log-consumer.ts';
export type {
  ConsumerProgress,
  ConsumerStatus,
  FailureContext,
  LogConsumerOptions,
} from './consumer/log-consumer-options.ts';
export type { RetryPolicy } from './consumer/retry-policy.ts';
export { UnorderedConsumer } from './consumer/unordered-consumer.ts';
export type { UnorderedConsumerOptions, UnorderedStatus } from './consumer/unordered-consumer.ts';
export type { IncomingEvent, LogPlace, RawMessage } from './incoming-event.ts';
export { CLOUD_EVENT_JSON, HEADER, messageId, placeOfMessageId } from './relay/message-headers.ts';
export type { MessagePlace } from './relay/message-headers.ts';
export { outgoingMessage } from './relay/outgoing-message.ts';
export type { OutgoingMessage, OutgoingOptions } from './relay/outgoing-message.ts';
export { BUS_MIGRATIONS } from './migrations/bus-migrations.ts';
export { PublishedEventsAnswerer } from './relay/answer-published-events.ts';
export type { PublishedEventsAnswererOptions } from './relay/answer-published-events.ts';
export { askPublishedEvents } from './relay/published-events.ts';
export type { PublishedEvent, PublishedEventsQuestion, PublishedPage } from './relay/published-events.ts';
export { LogDidNotAnswer, StreamNotPublished } from './relay/relay.errors.ts';
export { alertOutlet, envelope, eventOutlet } from './relay/publication.ts';
export type { Outlet, Publication, Published } from './relay/publication.ts';
export { Relay } from './relay/relay.ts';
export type { RelayOptions } from './relay/relay-options.ts';
export type { SlotClaim, SlotHolder } from './slots/slot-holder.ts';
export { SlotLeases } from './slots/slot-leases.ts';
export type { SlotLeasesOptions, SlotStatus } from './slots/slot-leases.ts';
export { isAheadOfStream, provisionConsumer, recreateConsumer } from './provisioning/consumers.ts';
export type { WantedConsumer } from './provisioning/consumers.ts';
export { readDurability } from './provisioning/durability.ts';
export type { Durability, DurabilityGrade } from './provisioning/durability.ts';
export { ConsumerDrift, ProvisioningRefused, StreamDrift } from './provisioning/provisioning.errors.ts';
export type { ProvisioningChange, ProvisioningListener, UnsupportedFeature } from './provisioning/settle.ts';
export type { StreamLimits } from './provisioning/stream-settings.ts';
export { ensureStream, inspectStreams, provisionStreams } from './provisioning/streams.ts';
export type { StreamTrouble } from './provisioning/streams.ts';
