import { SECOND_MS } from '#libs/kernel';
import { position, type EventStore, type Position, type RecordedEvent } from '../event-store.ts';
import { PageSize } from '../subscriptions/page-size.ts';
import type { RebuildPart } from './rebuild-part.ts';
import type { RebuildProgress } from './rebuild-progress.ts';

export type LogFolderOptions = Readonly<{
  store: EventStore;
  parts: readonly RebuildPart[];
  handles: ReadonlySet<string>;
  signal?: AbortSignal;
  onProgress?: (progress: Omit<RebuildProgress, 'phase'>) => void;
}>;

const PAGE_EVENTS = 2_000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Reads the log in pages, one ahead of what is folded, and gives each page to all parts. */
export class LogFolder {
  private readonly options: LogFolderOptions;
  private readonly pageSize = new PageSize(PAGE_BYTES);
  private readonly startedAt = performance.now();
  private readonly first: Position;
  private at: Position;

  constructor(options: LogFolderOptions) {
    this.options = options;
    this.at = position(Math.min(...options.parts.map((part) => part.position)));
    this.first = this.at;
  }

  /** Everything up to here is folded. */
  get position(): Position {
    return this.at;
  }

  get eventsPerSecond(): number {
    return ((this.at - this.first) * SECOND_MS) / Math.max(1, performance.now() - this.startedAt);
  }

  /** The furthest that any part is: after an interruption some may be ahead of others. */
  get reached(): Position {
    return position(Math.max(...this.options.parts.map((part) => part.position)));
  }

  /**
   * Folds and writes all events up to a position that the log has reached, or up to the furthest part when that is
   * beyond: then all parts are at one position. Does nothing when they are there.
   */
  async foldUpTo(wantedTarget: Position): Promise<void> {
    const { parts, signal, handles } = this.options;
    const target = position(Math.max(wantedTarget, this.reached));
    let ahead = this.at < target ? this.read(this.at) : undefined;
    while (ahead) {
      const page = await ahead;
      signal?.throwIfAborted();
      const last = page.at(-1)?.position ?? target;
      ahead = last < target ? this.read(last) : undefined;
      const through = last < target ? last : target;
      const wanted = page.filter((event) => event.position <= target && handles.has(event.type));
      await Promise.all(parts.map((part) => part.take(wanted, through)));
      this.at = through;
      this.report(target);
    }
    await Promise.all(parts.map((part) => part.drain()));
  }

  private read(after: Position): Promise<readonly RecordedEvent[]> {
    const page = this.readPage(after);
    // Whoever waits for the page is told; a page that nobody waits for any more is nobody's trouble.
    page.catch(() => undefined);
    return page;
  }

  private async readPage(after: Position): Promise<readonly RecordedEvent[]> {
    const events = await this.options.store.readAll({ after, limit: this.pageSize.limit(PAGE_EVENTS) });
    this.pageSize.learn(events);
    return events;
  }

  private report(target: Position): void {
    const { eventsPerSecond } = this;
    this.options.onProgress?.({
      done: this.at,
      total: target,
      eventsPerSecond,
      remainingMs: eventsPerSecond > 0 ? ((target - this.at) / eventsPerSecond) * SECOND_MS : undefined,
    });
  }
}
