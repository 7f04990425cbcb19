import type { Brand } from './brand.ts';
import { DomainError } from './domain-error.ts';

/** One business (or one group of them) whose data is kept apart from every other. */
export type TenantId = Brand<string, 'TenantId'>;
/** `<category>-<id>`: the first hyphen splits. */
export type StreamId = Brand<string, 'StreamId'>;
/** UUIDv7. */
export type EventId = Brand<string, 'EventId'>;
/** Ties together everything that one business event, command or schedule set in motion. */
export type CorrelationId = Brand<string, 'CorrelationId'>;
/** e.g. `inventory_agent`. */
export type AgentId = Brand<string, 'AgentId'>;

/** An id that does not have the form its kind demands. */
export class MalformedId extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'kernel/malformed-id';

  constructor(what: string, value: string, rule: string) {
    super(`"${value.slice(0, 80)}" is no ${what}: it must ${rule}.`);
  }
}

const TENANT = /^[a-z0-9](?:[a-z0-9_-]{0,62})$/;
const CATEGORY = /^[a-z][a-z0-9_]*$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** @throws MalformedId */
export function tenantId(value: string): TenantId {
  if (!TENANT.test(value)) throw new MalformedId('tenant id', value, 'be 1 to 63 of a-z, 0-9, _ and -');
  return value as TenantId;
}

/**
 * Joins a category (snake_case) and an id of any characters.
 * @throws MalformedId when the category has a hyphen or the id is empty or over 200 characters
 */
export function streamId(category: string, id: string): StreamId {
  if (!CATEGORY.test(category)) throw new MalformedId('stream category', category, 'be snake_case');
  if (id.length === 0 || id.length > 200) throw new MalformedId('stream id', id, 'have 1 to 200 characters');
  return `${category}-${id}` as StreamId;
}

/** The part of a stream id before its first hyphen. */
export function categoryOf(stream: StreamId): string {
  const hyphen = stream.indexOf('-');
  return hyphen < 0 ? stream : stream.slice(0, hyphen);
}

/** @throws MalformedId */
export function eventId(value: string): EventId {
  const lower = value.toLowerCase();
  if (!UUID.test(lower)) throw new MalformedId('event id', value, 'be a UUID');
  return lower as EventId;
}

/** @throws MalformedId */
export function correlationId(value: string): CorrelationId {
  if (value.length === 0 || value.length > 128) {
    throw new MalformedId('correlation id', value, 'have 1 to 128 characters');
  }
  return value as CorrelationId;
}

/** @throws MalformedId */
export function agentId(value: string): AgentId {
  if (!CATEGORY.test(value)) throw new MalformedId('agent id', value, 'be snake_case');
  return value as AgentId;
}

/** Where new ids come from; injected, so that tests know them beforehand. */
export interface IdSource {
  /** A fresh UUIDv7. */
  next(): EventId;
}
