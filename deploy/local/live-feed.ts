import { setTimeout as delay } from 'node:timers/promises';
import { field } from './fields.ts';
import { decisionSummary, liveLine, stateOf } from './live-lines.ts';
import type { LiveKind } from './live-lines.ts';

/** One list that is looked at: `GET url` answers `{ data, nextCursor, hasMore }`, the newest first. */
export type LiveSource = Readonly<{ kind: LiveKind; url: string }>;

export type LiveFeedOptions = Readonly<{
  sources: readonly LiveSource[];
  say: (line: string) => void;
  now: () => Date;
  width: () => number;
  signal: AbortSignal;
  onFirstDecision: () => void;
}>;

const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 5_000;
const PAGE = 50;
const MAX_PAGES = 40;
const MAX_REMEMBERED = 10_000;
/** More decisions than a person reads in a second: those of a history that is loaded. */
const MANY_DECISIONS = 12;

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The pages of a list as far as they hold anything new; an answer that is no list ends it. */
async function readNew(url: string, isNew: (item: unknown) => boolean, signal: AbortSignal): Promise<unknown[]> {
  const items: unknown[] = [];
  let after = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const address = `${url}?limit=${PAGE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
    const answer = await fetch(address, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]) });
    const body: unknown = await answer.json();
    const data = listOf(field(body, 'data'));
    if (!answer.ok) break;
    const fresh = data.filter(isNew);
    items.push(...fresh);
    const next = field(body, 'nextCursor');
    if (fresh.length < data.length || data.length === 0 || typeof next !== 'string') break;
    after = next;
  }
  return items;
}

/** Follows one list: the first look only learns what is there, every later one tells what is new or has changed. */
class Follower {
  readonly #source: LiveSource;
  readonly #known = new Map<string, string>();
  #hasLooked = false;

  constructor(source: LiveSource) {
    this.#source = source;
  }

  async look(signal: AbortSignal): Promise<unknown[]> {
    const { kind, url } = this.#source;
    const isNew = (item: unknown): boolean => {
      const { id, status } = stateOf(kind, item);
      return id !== '' && this.#known.get(id) !== status;
    };
    const items = await readNew(url, isNew, signal);
    for (const item of items) {
      const { id, status } = stateOf(kind, item);
      this.#known.delete(id);
      this.#known.set(id, status);
    }
    for (const id of this.#known.keys()) {
      if (this.#known.size <= MAX_REMEMBERED) break;
      this.#known.delete(id);
    }
    const isFirstLook = !this.#hasLooked;
    this.#hasLooked = true;
    return isFirstLook ? [] : items.reverse();
  }
}

/** A feed whose first look has happened. */
export interface LiveFeed {
  /** Shows a line for each new thing until the signal aborts. Never rejects for a service that does not answer. */
  follow(): Promise<void>;
}

/** Learns what is there already, so that only what happens from now on is shown. */
export async function openLiveFeed(options: LiveFeedOptions): Promise<LiveFeed> {
  const followers = options.sources.map((source) => ({ source, follower: new Follower(source), isAway: false }));
  let hasDecided = false;
  const show = (kind: LiveKind, items: readonly unknown[]): void => {
    if (kind === 'decision' && items.length > MANY_DECISIONS) {
      options.say(decisionSummary(items, options.now(), options.width()));
    } else {
      for (const item of items) options.say(liveLine(kind, item, options.now(), options.width()));
    }
    if (kind !== 'decision' || hasDecided || items.length === 0) return;
    hasDecided = true;
    options.onFirstDecision();
  };
  const lookAtAll = async (): Promise<void> => {
    for (const entry of followers) {
      try {
        show(entry.source.kind, await entry.follower.look(options.signal));
        entry.isAway = false;
      } catch (error) {
        if (options.signal.aborted) return;
        // Said once: a service that is away for long would fill the screen.
        if (!entry.isAway) options.say(`${entry.source.url} does not answer: ${String(error)}`);
        entry.isAway = true;
      }
    }
  };
  await lookAtAll();
  return {
    follow: async () => {
      while (!options.signal.aborted) {
        await lookAtAll();
        await delay(INTERVAL_MS, undefined, { signal: options.signal }).catch(() => undefined); // aborted: the loop ends
      }
    },
  };
}
