import type { Queryable } from '../event-store.ts';
import { ChainLinks, type StoredEvent } from './chain-link.ts';
import { eventPages } from './event-pages.ts';
import { problemOf, type LogProblem } from './log-problem.ts';
import { ZERO_HASH } from './signed-head.ts';
import { StreamVersions } from './stream-versions.ts';

/** How far a lane is known to be whole. */
export type LaneMark = Readonly<{
  lane: number;
  position: number;
  /** Of the event at that position, hexadecimal. */
  hash: string;
  /** Position that the walk began with; what is before it was believed. */
  first: number;
  /** Events that were looked at. */
  events: number;
  /** First events of streams among them. */
  streams: number;
}>;

export type LaneWalkOptions = Readonly<{
  from: LaneMark;
  laneCount: number;
  /** Told after each page. */
  onProgress?: ((mark: LaneMark) => void) | undefined;
  /** Ends the walk after a page, by throwing its reason. */
  signal?: AbortSignal | undefined;
}>;

/** Before the first event of a lane. */
export function laneStart(lane: number): LaneMark {
  return { lane, position: 0, hash: ZERO_HASH, first: 1, events: 0, streams: 0 };
}

/** Walks along a lane and recomputes it: each event's hash from the one before, and its place in its stream. */
export class LaneWalk {
  private readonly options: LaneWalkOptions;
  private readonly links = new ChainLinks();
  private readonly versions: StreamVersions;
  private at: LaneMark;

  constructor(options: LaneWalkOptions) {
    const { from, laneCount } = options;
    this.options = options;
    this.at = from;
    this.versions = new StreamVersions({ fromTheStart: from.position === 0 && from.first === 1, laneCount });
  }

  get mark(): LaneMark {
    return this.at;
  }

  /** Goes on to a position. @returns the first thing that does not fit */
  async to(database: Queryable, position: number): Promise<LogProblem | undefined> {
    const { lane, position: after } = this.at;
    for await (const page of eventPages(database, { lane, after, upTo: position })) {
      const problem = earlier(this.look(page), await this.versions.confirm(database));
      if (problem) return problem;
      this.options.onProgress?.(this.at);
      this.options.signal?.throwIfAborted();
    }
    return undefined;
  }

  private look(page: readonly StoredEvent[]): LogProblem | undefined {
    let { position, hash, streams } = this.at;
    for (const event of page) {
      const expected = this.links.after(hash, event);
      if (expected !== event.hash) return problemOf(event, brokenLink(event, position));
      const misplaced = this.versions.follow(event);
      if (misplaced !== undefined) return problemOf(event, misplaced);
      if (event.stream_version === 1) streams += 1;
      ({ position, hash } = event);
    }
    this.at = { ...this.at, position, hash, events: this.at.events + page.length, streams };
    return undefined;
  }
}

function earlier(one: LogProblem | undefined, other: LogProblem | undefined): LogProblem | undefined {
  return one && other ? (other.position < one.position ? other : one) : (one ?? other);
}

function brokenLink(event: StoredEvent, previous: number): string {
  const own = 'its content does not have the hash that was stored with it';
  const between = event.position - 1;
  if (between === previous) return own;
  const missing = between === previous + 1 ? `event ${between}` : `events ${previous + 1} to ${between}`;
  return `${own}, and ${missing} before it ${between === previous + 1 ? 'is' : 'are'} missing`;
}
