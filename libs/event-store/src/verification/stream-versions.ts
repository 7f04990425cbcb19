import { SLOT_COUNT, slotOf } from '#libs/kernel';
import type { Queryable } from '../event-store.ts';
import type { StoredEvent } from './chain-link.ts';
import { problemOf, type LogProblem } from './log-problem.ts';

export type StreamVersionsOptions = Readonly<{
  /** Whether the walk begins with the log's first event, so that a stream that was not seen is a new one. */
  fromTheStart: boolean;
  laneCount: number;
  /** Streams to remember. @default 500,000, some 80 MB */
  limit?: number;
}>;

const DEFAULT_LIMIT = 500_000;

/**
 * Of streams that the walk does not remember, those whose event is not the only one with its version, or does not come
 * after the one with the version before. Index: events_by_stream.
 */
const FIRST_MISPLACED = `
select seen.position
from unnest($1::text[], $2::text[], $3::integer[], $4::bigint[]) as seen (tenant, stream_id, version, position)
where (
    select count(*) from events e
    where e.tenant = seen.tenant and e.stream_id = seen.stream_id and e.stream_version = seen.version
  ) <> 1
  or (seen.version <> 1 and not exists (
    select from events e
    where e.tenant = seen.tenant and e.stream_id = seen.stream_id and e.stream_version = seen.version - 1
      and e.position < seen.position
  ))
order by seen.position
limit 1`;

/**
 * Follows the versions of all streams through a lane: 1, 2, 3 and so on, each once. Memory is bounded: when there are
 * more streams than it may remember, it forgets them, and asks the database when one of them comes again.
 */
export class StreamVersions {
  private readonly laneCount: number;
  private readonly limit: number;
  /** Version and slot in one number, since there may be many. */
  private readonly seen = new Map<string, number>();
  private remembersAll: boolean;
  private unconfirmed: StoredEvent[] = [];

  constructor({ fromTheStart, laneCount, limit = DEFAULT_LIMIT }: StreamVersionsOptions) {
    this.remembersAll = fromTheStart;
    this.laneCount = laneCount;
    this.limit = limit;
  }

  /** @returns why the event cannot stand where it does; some of it only `confirm` can say */
  follow(event: StoredEvent): string | undefined {
    const key = `${event.tenant}/${event.stream_id}`;
    const last = this.seen.get(key);
    const wrong = last === undefined ? this.firstSight(event) : misplaced(event, last);
    this.seen.set(key, event.stream_version * SLOT_COUNT + event.slot);
    return wrong;
  }

  /** Asks the database about streams that the last events of `follow` belong to. Call it after each page. */
  async confirm(database: Queryable): Promise<LogProblem | undefined> {
    const events = this.unconfirmed;
    this.unconfirmed = [];
    if (this.seen.size > this.limit) {
      this.seen.clear();
      this.remembersAll = false;
    }
    if (events.length === 0) return undefined;
    const [row] = await database.query<{ position: number }>(FIRST_MISPLACED, [
      events.map((event) => event.tenant),
      events.map((event) => event.stream_id),
      events.map((event) => event.stream_version),
      events.map((event) => event.position),
    ]);
    const event = row && events.find(({ position }) => position === row.position);
    return (
      event &&
      problemOf(event, `version ${event.stream_version} of its stream is not where it must be, or is there twice`)
    );
  }

  private firstSight(event: StoredEvent): string | undefined {
    const { tenant, stream_id: streamId, stream_version: version, slot, lane } = event;
    if (slot !== slotOf(tenant, streamId))
      return `its slot is ${slot}, its stream has slot ${slotOf(tenant, streamId)}`;
    if (lane !== slot % this.laneCount) return `slot ${slot} belongs to lane ${slot % this.laneCount}, not ${lane}`;
    if (categoryIn(streamId) !== event.category) return `its category is "${event.category}", not that of its stream`;
    if (!this.remembersAll) this.unconfirmed.push(event);
    else if (version !== 1) return `its stream begins here, with version ${version} instead of 1`;
    return undefined;
  }
}

function misplaced(event: StoredEvent, last: number): string | undefined {
  const version = Math.floor(last / SLOT_COUNT);
  if (event.stream_version !== version + 1) {
    return `version ${event.stream_version} of its stream follows version ${version}`;
  }
  if (event.slot !== last % SLOT_COUNT) return `its slot is ${event.slot}, its stream has slot ${last % SLOT_COUNT}`;
  if (categoryIn(event.stream_id) !== event.category) return `its category is "${event.category}", not its stream's`;
  return undefined;
}

function categoryIn(streamId: string): string {
  const hyphen = streamId.indexOf('-');
  return hyphen < 0 ? streamId : streamId.slice(0, hyphen);
}
