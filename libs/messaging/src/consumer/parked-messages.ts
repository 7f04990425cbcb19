import { z } from 'zod';
import type { PreparedStatement, Queryable } from '#libs/event-store';
import { DomainError } from '#libs/kernel';
import { payloadOf, type RawMessage } from '../incoming-event.ts';
import type { InboxName } from './slot-inbox.ts';
import type { Fate } from './retry-policy.ts';

/** A message that is put aside. */
export type MessageToPark = Readonly<{
  raw: RawMessage;
  /** Of a message from outside: none. */
  slot?: number;
  epoch: number;
  position: number;
  /** Messages of one stream keep their order; one without is on its own. */
  streamKey?: string;
  tenant?: string;
}>;

/** Why, and what follows. A message that only waits behind another one has neither reason nor attempts. */
export type ParkedBecause = Readonly<
  { state: 'waiting' } | { state: Fate['state']; inMs?: number; attempts: number; error: unknown }
>;

const PARK: PreparedStatement = {
  name: 'park',
  text: `
insert into parked_messages (consumer, source, slot, epoch, position, stream_key, tenant, subject, headers, payload,
  state, attempts, next_attempt_at, reason, code, violations, last_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp() + $13 * interval '1 millisecond', $14, $15, $16,
  case when $12 > 0 then clock_timestamp() end)
on conflict (consumer, source, epoch, position) do nothing`,
};

/** Puts a message aside, whole. Run it in the transaction that moves the inbox over it. */
export async function park(
  transaction: Queryable,
  { consumer, source }: InboxName,
  message: MessageToPark,
  because: ParkedBecause,
): Promise<void> {
  const { raw, slot, epoch, position, streamKey, tenant } = message;
  const failure = because.state === 'waiting' ? undefined : because;
  const { reason, code, violations } = failure ? failureOf(failure.error) : NO_FAILURE;
  await transaction.query(PARK, [
    consumer,
    source,
    slot,
    epoch,
    position,
    streamKey,
    tenant,
    raw.subject,
    JSON.stringify(raw.headers),
    raw.bytes ?? Buffer.from(raw.body),
    because.state,
    failure?.attempts ?? 0,
    failure?.inMs,
    reason,
    code,
    violations,
  ]);
}

type Failure = Readonly<{ reason: string | null; code: string | null; violations: string | null }>;

const NO_FAILURE: Failure = { reason: null, code: null, violations: null };
const LONGEST_REASON = 4_000;

function failureOf(error: unknown): Failure {
  const isForeseen = error instanceof DomainError;
  return {
    // Postgres' text has no place for U+0000.
    reason: (error instanceof Error ? error.message : String(error)).replaceAll('\0', '').slice(0, LONGEST_REASON),
    code: isForeseen ? error.code : 'defect',
    violations: isForeseen && error.violations.length > 0 ? JSON.stringify(error.violations) : null,
  };
}

/** The first of a stream's parked messages: the one that all others wait for. */
export type ParkedHead = Readonly<{
  id: number;
  slot: number | null;
  streamKey: string | null;
  state: 'retrying' | 'waiting' | 'dead';
  /** Until it may be tried; 0 or less: now. */
  dueInMs: number;
  isAnnounced: boolean;
}>;

const HEAD_COLUMNS = `
id, slot, stream_key as "streamKey", state, announced_at is not null as "isAnnounced",
case when state = 'retrying' then (extract(epoch from next_attempt_at - clock_timestamp()) * 1000)::float8 else 0 end as "dueInMs"`;

const HEADS: PreparedStatement = {
  name: 'parked_heads',
  text: `
select distinct on (stream_key) ${HEAD_COLUMNS} from parked_messages
where consumer = $1 and source = $2 and slot = any ($3::int[]) and stream_key is not null and state <> 'discarded'
order by stream_key, id`,
};

/** The head of each parked stream of some slots. */
export function parkedHeads(
  database: Queryable,
  { consumer, source }: InboxName,
  slots: readonly number[],
): Promise<readonly ParkedHead[]> {
  return database.query<ParkedHead>(HEADS, [consumer, source, slots]);
}

const ALONE: PreparedStatement = {
  name: 'parked_alone',
  text: `
select ${HEAD_COLUMNS} from parked_messages
where consumer = $1 and stream_key is null
  and (state = 'retrying' and next_attempt_at <= clock_timestamp() or state = 'dead' and announced_at is null)
order by id
limit 100`,
};

/** Messages without an order that may be tried, or of which nobody was told yet. */
export function parkedAlone(database: Queryable, consumer: string): Promise<readonly ParkedHead[]> {
  return database.query<ParkedHead>(ALONE, [consumer]);
}

const READ: PreparedStatement = {
  name: 'parked_read',
  text: `
select subject, headers, payload, attempts, state, source, position, reason, code, violations,
  coalesce(extract(epoch from last_attempt_at) * 1000, 0)::float8 as "lastAttemptMs"
from parked_messages where id = $1 and state <> 'discarded'`,
};

const storedMessage = z.object({
  subject: z.string(),
  headers: z.record(z.string(), z.string()),
  payload: z.instanceof(Uint8Array),
  attempts: z.number(),
  state: z.enum(['retrying', 'waiting', 'dead']),
  source: z.string(),
  position: z.number(),
  reason: z.string().nullable(),
  code: z.string().nullable(),
  violations: z.unknown(),
  /** In milliseconds since 1970. */
  lastAttemptMs: z.number(),
});

/** A parked message, whole. */
export type ParkedMessage = Readonly<Omit<z.infer<typeof storedMessage>, 'subject' | 'headers' | 'payload'>> &
  Readonly<{ id: number; raw: RawMessage }>;

/** Nothing when it was applied or discarded meanwhile. */
export async function readParked(database: Queryable, id: number): Promise<ParkedMessage | undefined> {
  const [row] = await database.query(READ, [id]);
  if (!row) return undefined;
  const { subject, headers, payload, ...rest } = storedMessage.parse(row);
  return { id, ...rest, raw: { subject, headers, ...payloadOf(payload) } };
}

const LEAVE: PreparedStatement = {
  name: 'parked_leave',
  text: `delete from parked_messages where id = $1 and state in ('retrying', 'waiting') returning id`,
};

/** Takes it out, in the transaction of its effect. @returns whether it was still there to be applied */
export async function leaveParked(transaction: Queryable, id: number): Promise<boolean> {
  const rows = await transaction.query(LEAVE, [id]);
  return rows.length > 0;
}

const FAILED: PreparedStatement = {
  name: 'parked_failed',
  text: `
update parked_messages set state = $2, attempts = $3, next_attempt_at = clock_timestamp() + $4 * interval '1 millisecond',
  reason = $5, code = $6, violations = $7, last_attempt_at = clock_timestamp(), announced_at = null
where id = $1 and state in ('retrying', 'waiting')`,
};

/** Notes another attempt that failed. */
export async function failedAgain(
  database: Queryable,
  id: number,
  { state, inMs, attempts, error }: Extract<ParkedBecause, { attempts: number }>,
): Promise<void> {
  const { reason, code, violations } = failureOf(error);
  await database.query(FAILED, [id, state, attempts, inMs, reason, code, violations]);
}

const CLAIM: PreparedStatement = {
  name: 'parked_claim',
  text: `
update parked_messages set next_attempt_at = clock_timestamp() + $2 * interval '1 millisecond'
where id = $1 and state = 'retrying' and next_attempt_at <= clock_timestamp() returning id`,
};

/** Keeps others from trying a message without an order for a while. @returns whether it was free */
export async function claimParked(database: Queryable, id: number, forMs: number): Promise<boolean> {
  const rows = await database.query(CLAIM, [id, forMs]);
  return rows.length > 0;
}

const ANNOUNCED: PreparedStatement = {
  name: 'parked_announced',
  text: `update parked_messages set announced_at = clock_timestamp() where id = $1 and state = 'dead'`,
};

/** The stream DEAD_LETTERS has it. */
export async function noteAnnounced(database: Queryable, id: number): Promise<void> {
  await database.query(ANNOUNCED, [id]);
}
