import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailable, type Queryable } from '#libs/event-store';
import { SLOT_COUNT } from '#libs/kernel';
import type { SlotClaim } from './slot-holder.ts';

/** What one look at the database tells. All by its clock. */
export type SlotSight = Readonly<{
  /** Which of the claims hold for another `ttlMs`, from before the look was asked for. */
  renewed: readonly number[];
  /** The other members that live. */
  members: readonly string[];
  /** All slots that exist; who had them is nobody any more when the lease has ended. */
  leases: readonly Readonly<{ slot: number; owner: string | null }>[];
  /** Until the first lease of another member ends unless it is renewed. */
  nextEndMs: number | null;
}>;

type Row = Readonly<{
  renewed: number[];
  members: string[];
  leases: { slot: number; owner: string | null }[] | null;
  next_end_ms: number | null;
}>;

const OPEN = {
  name: 'slots_open',
  // Milliseconds, since no slot changes hands more often than that: a row that somebody deleted comes back with a higher
  // fence than it ever had, or whoever remembers the old one would refuse the new one for ever.
  text: `
with dead as (
  select instance from slot_members
  where consumer_group = $1 and until < clock_timestamp() - interval '1 hour'
  for update skip locked
), buried as (
  delete from slot_members m using dead where m.consumer_group = $1 and m.instance = dead.instance
)
insert into slot_leases (consumer_group, slot, fence, until)
select $1, slot, floor(extract(epoch from clock_timestamp()) * 1000), clock_timestamp()
from generate_series(0, $2::integer - 1) slot
on conflict do nothing`,
};

const LOOK = {
  name: 'slots_look',
  // Rows are locked in the order of slots everywhere, so that no two statements wait for each other.
  text: `
with member as (
  insert into slot_members (consumer_group, instance, until)
  values ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
  on conflict (consumer_group, instance) do update set until = excluded.until
), mine as (
  select l.slot from slot_leases l
  join unnest($4::smallint[], $5::bigint[]) as claim (slot, fence) using (slot, fence)
  where l.consumer_group = $1 and l.owner = $2 and l.until > clock_timestamp()
  order by l.slot for update of l
), renewed as (
  update slot_leases l set until = clock_timestamp() + $3 * interval '1 millisecond'
  from mine where l.consumer_group = $1 and l.slot = mine.slot
  returning l.slot
), living as (
  select instance, until from slot_members
  where consumer_group = $1 and instance <> $2 and until > clock_timestamp()
), leases as (
  select slot, case when until > clock_timestamp() then owner end as owner, until
  from slot_leases where consumer_group = $1
)
select
  array(select slot from renewed) as renewed,
  array(select instance from living) as members,
  (select json_agg(json_build_object('slot', slot, 'owner', owner)) from leases) as leases,
  (select extract(epoch from min(until) - clock_timestamp())::float8 * 1000
   from (select until from living union all select until from leases where owner <> $2) ends) as next_end_ms`,
};

const TAKE = {
  name: 'slots_take',
  // Who comes second to a row passes it over and takes another one. The locked rows are a CTE, so that they are
  // chosen once, whatever the plan of the update is.
  text: `
with free as materialized (
  select slot from slot_leases
  where consumer_group = $1
    and (owner is null or until <= clock_timestamp() or (owner = $2 and slot <> all ($4::smallint[])))
  order by slot limit $5 for update skip locked
)
update slot_leases l
set owner = $2, fence = l.fence + 1, until = clock_timestamp() + $3 * interval '1 millisecond'
from free where l.consumer_group = $1 and l.slot = free.slot
returning l.slot, l.fence`,
};

const GIVE_BACK = {
  name: 'slots_give_back',
  text: `
with gone as (
  delete from slot_members where consumer_group = $1 and instance = $2 and $5
), mine as (
  select l.slot from slot_leases l
  join unnest($3::smallint[], $4::bigint[]) as claim (slot, fence) using (slot, fence)
  where l.consumer_group = $1 and l.owner = $2
  order by l.slot for update of l
)
update slot_leases l set owner = null, until = clock_timestamp()
from mine where l.consumer_group = $1 and l.slot = mine.slot`,
};

export type SlotTableOptions = Readonly<{
  database: Queryable;
  group: string;
  owner: string;
  ttlMs: number;
  /** How long an answer may take. One that comes later changes nothing that this instance believes. */
  answerWithinMs: number;
}>;

/**
 * The leases of slots as Postgres has them: each method is one statement, and Postgres decides the time.
 *
 * A statement whose answer was given up may still be executed, at any time. Nothing breaks then: every change names the
 * fence that it belongs to, and slots that were taken unnoticed are taken again with the next one.
 */
export class SlotTable {
  private readonly options: SlotTableOptions;

  constructor(options: SlotTableOptions) {
    this.options = options;
  }

  /** Makes the rows that are missing, and removes members that are dead for long. @throws StoreUnavailable */
  async open(): Promise<void> {
    const { database, group } = this.options;
    await this.answered(database.query(OPEN, [group, SLOT_COUNT]));
  }

  /** Lives on as a member, renews those claims that still hold, and tells what there is. @throws StoreUnavailable */
  async look(claims: readonly SlotClaim[]): Promise<SlotSight> {
    const { database, group, owner, ttlMs } = this.options;
    const values = [group, owner, ttlMs, claims.map(({ slot }) => slot), claims.map(({ fence }) => fence)];
    const [row] = await this.answered(database.query<Row>(LOOK, values));
    return {
      renewed: row?.renewed ?? [],
      members: row?.members ?? [],
      leases: row?.leases ?? [],
      nextEndMs: row?.next_end_ms ?? null,
    };
  }

  /**
   * Takes up to `count` slots that nobody has, each with a new fence.
   * @param held slots that this instance has; all others that bear its name are of an earlier life
   * @throws StoreUnavailable
   */
  async take(count: number, held: readonly number[]): Promise<readonly SlotClaim[]> {
    const { database, group, owner, ttlMs } = this.options;
    return this.answered(database.query<SlotClaim>(TAKE, [group, owner, ttlMs, held, count]));
  }

  /** Frees the claims, and ends the membership at the same moment when it is to end. @throws StoreUnavailable */
  async giveBack(claims: readonly SlotClaim[], then: 'and stay' | 'and leave'): Promise<void> {
    const { database, group, owner } = this.options;
    const values = [
      group,
      owner,
      claims.map(({ slot }) => slot),
      claims.map(({ fence }) => fence),
      then === 'and leave',
    ];
    await this.answered(database.query(GIVE_BACK, values));
  }

  private async answered<Result>(answer: Promise<Result>): Promise<Result> {
    const { answerWithinMs } = this.options;
    const settled = new AbortController();
    try {
      return await Promise.race([answer, silence(answerWithinMs, settled.signal)]);
    } finally {
      settled.abort();
    }
  }
}

async function silence(ms: number, settled: AbortSignal): Promise<never> {
  await delay(ms, undefined, { signal: settled });
  throw new StoreUnavailable(new Error(`no answer about slots within ${ms} ms`));
}
