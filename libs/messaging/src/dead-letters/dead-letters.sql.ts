import type { Violation } from '#libs/kernel';
import type { DeadLetterState } from './dead-letter-item.ts';

/** A message that was put aside, beside what waits behind it. */
export type ItemRow = Readonly<{
  id: number;
  consumer: string;
  source: string;
  epoch: number;
  position: number;
  stream_key: string | null;
  tenant: string | null;
  subject: string;
  state: DeadLetterState;
  attempts: number;
  next_attempt_at: Date | null;
  reason: string | null;
  code: string | null;
  parked_at: Date;
  last_attempt_at: Date | null;
  settled_by: string | null;
  settled_reason: string | null;
  settled_at: Date | null;
  waiting: number;
  oldest: number | null;
  since: Date | null;
}>;

export type DetailRow = ItemRow &
  Readonly<{
    headers: Readonly<Record<string, string>>;
    payload: Buffer;
    violations: readonly Violation[] | null;
    announced_at: Date | null;
    behind: number | null;
    behind_state: DeadLetterState | null;
  }>;

const ITEM = `
  m.id, m.consumer, m.source, m.epoch, m.position, m.stream_key, m.tenant, m.subject, m.state, m.attempts,
  m.next_attempt_at, m.reason, m.code, m.parked_at, m.last_attempt_at, m.settled_by, m.settled_reason, m.settled_at,
  blocked.waiting, blocked.oldest,
  (select next.parked_at from parked_messages next where next.id = blocked.oldest) as since`;

/** Open messages of the same stream as `m`; a message without one is equal to none. */
const sameStream = (other: string): string =>
  `${other}.consumer = m.consumer and ${other}.stream_key = m.stream_key and ${other}.state <> 'discarded'`;

/** Only the head of a stream blocks: what waits behind it waits for the head, not for one another. */
const BLOCKED = `
left join lateral (
  select count(*) as waiting, min(later.id) as oldest
  from parked_messages later
  where ${sameStream('later')} and later.id > m.id and m.state <> 'discarded'
    and not exists (select from parked_messages earlier where ${sameStream('earlier')} and earlier.id < m.id)
) blocked on true`;

/** $1 is the tenant, or `*` for all of them, those that name none included. */
const inScope = (alias: string): string => `($1 = '*' or ${alias}.tenant = $1)`;

/** Newest first. The page is cut before anything is counted. $2 state, $3 consumer, $4 code, $5 before, $6 limit */
export const LIST = `
with m as (
  select * from parked_messages p
  where ${inScope('p')}
    and case when $2::text is null then p.state <> 'discarded' else p.state = $2 end
    and ($3::text is null or p.consumer = $3)
    and ($4::text is null or p.code = $4)
    and ($5::bigint is null or p.id < $5)
  order by p.id desc
  limit $6
)
select ${ITEM} from m ${BLOCKED} order by m.id desc`;

/** The first open message of each stream, the one that has been there longest first. $2 consumer, $3 after, $4 limit */
export const BLOCKED_STREAMS = `
with heads as (
  select distinct on (p.consumer, p.stream_key) p.id
  from parked_messages p
  where ${inScope('p')} and p.stream_key is not null and p.state <> 'discarded' and ($2::text is null or p.consumer = $2)
  order by p.consumer, p.stream_key, p.id
), m as (
  select p.* from heads join parked_messages p using (id)
  where $3::bigint is null or p.id > $3
  order by p.id
  limit $4
)
select ${ITEM} from m ${BLOCKED} order by m.id`;

/** $2 id */
export const ONE = `
select ${ITEM}, m.headers, m.payload, m.violations, m.announced_at, head.id as behind, head.state as behind_state
from parked_messages m ${BLOCKED}
left join lateral (
  select earlier.id, earlier.state from parked_messages earlier
  where ${sameStream('earlier')} and earlier.id < m.id and m.state <> 'discarded'
  order by earlier.id limit 1
) head on true
where m.id = $2 and ${inScope('m')}`;

export const STATE_OF = `select p.state from parked_messages p where p.id = $2 and ${inScope('p')}`;

const TRY_AGAIN = `update parked_messages p set state = 'retrying', attempts = 0, next_attempt_at = clock_timestamp()`;

/** $2 id */
export const REDRIVE = `
with m as (${TRY_AGAIN} where p.id = $2 and p.state = 'dead' and ${inScope('p')} returning p.*)
select ${ITEM} from m ${BLOCKED}`;

/** $2 consumer, $3 code, $4 failed before */
export const REDRIVE_MANY = `
with redriven as (
  ${TRY_AGAIN}
  where p.state = 'dead' and ${inScope('p')}
    and ($2::text is null or p.consumer = $2)
    and ($3::text is null or p.code = $3)
    and ($4::timestamptz is null or coalesce(p.last_attempt_at, p.parked_at) < $4)
  returning p.id
)
select count(*) as redriven from redriven`;

/** $2 id, $3 by, $4 reason */
export const DISCARD = `
with m as (
  update parked_messages p
  set state = 'discarded', next_attempt_at = null, settled_by = $3, settled_reason = $4, settled_at = clock_timestamp()
  where p.id = $2 and p.state = 'dead' and ${inScope('p')}
  returning p.*
)
select ${ITEM} from m ${BLOCKED}`;
