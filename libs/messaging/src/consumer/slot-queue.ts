import type { Position } from '#libs/event-store';

/** An event on its way to its handler, as the queue of its slot sees it. */
export type QueuedEvent = Readonly<{
  position: Position;
  /** `<tenant>/<streamId>`: events of one stream are handled one after another. */
  streamKey: string;
}>;

/** An event of a live message: it says what came before it in its slot. */
export type LiveEvent = QueuedEvent & Readonly<{ previous: Position }>;

/**
 * What became of an offered event: it will be handled in its turn; it was already handled, or is in the queue; nobody
 * follows it; or events before it have not come yet.
 */
export type Offer = 'queued' | 'known' | 'passed' | 'early';

/** All events up to `to` are applied then; `from` is what the inbox must say before. */
export type ForwardMove = Readonly<{ kind: 'forward'; from: Position; to: Position; absorbs: boolean }>;

/** How the inbox moves in the transaction of an event's effect: `ahead` while one before it is still under way. */
export type InboxMove = ForwardMove | Readonly<{ kind: 'ahead'; from: Position; position: Position }>;

type Entry<Event> = { readonly event: Event; state: 'queued' | 'running' | 'slow' | 'done' };

/**
 * The events of one slot that wait for their handlers, and up to where they were applied. Pure bookkeeping: nothing here
 * waits or stores.
 *
 * One event of the slot is handled at a time. When it takes long, those of other streams go past it, never one of its own
 * stream; the inbox notes them as applied ahead.
 */
export class SlotQueue<Event extends QueuedEvent> {
  private entries: Entry<Event>[] = [];
  /** Of the entries; counted, since it is asked for with every message. */
  private undone = 0;
  private readonly early = new Map<Position, Event & LiveEvent>();
  private readonly ahead: Set<Position>;
  private appliedUpTo: Position;
  private knownUpTo: Position;
  private readonly follows: (event: Event) => boolean;

  /**
   * @param applied what the inbox says
   * @param ahead events beyond it that are applied, too
   * @param follows events that need a handler; the inbox passes over others with its next move
   */
  constructor(applied: Position, ahead: Iterable<Position> = [], follows: (event: Event) => boolean = () => true) {
    this.follows = follows;
    this.appliedUpTo = applied;
    this.knownUpTo = applied;
    this.ahead = new Set(ahead);
  }

  /** Everything up to here is applied, and the inbox says so. */
  get applied(): Position {
    return this.appliedUpTo;
  }

  /** Every event up to here is applied or in the queue. */
  get known(): Position {
    return this.knownUpTo;
  }

  /** Events that wait or are under way. */
  get size(): number {
    return this.undone + this.early.size;
  }

  /** Whether events have come whose predecessors are missing. */
  get hasEarly(): boolean {
    return this.early.size > 0;
  }

  get isRunning(): boolean {
    return this.entries.some(({ state }) => state === 'running' || state === 'slow');
  }

  /** Whether an event of the stream is under way. */
  isBusy(streamKey: string): boolean {
    return this.entries.some(
      ({ state, event }) => event.streamKey === streamKey && state !== 'queued' && state !== 'done',
    );
  }

  /** Each event that is not applied yet. */
  forEach(visit: (event: Event) => void): void {
    for (const { state, event } of this.entries) if (state !== 'done') visit(event);
    for (const event of this.early.values()) visit(event);
  }

  /** Events up to there that are applied beyond `applied`. */
  aheadUpTo(end: Position): readonly Position[] {
    return [...this.ahead].filter((position) => position <= end);
  }

  /** Takes an event that came by the bus. */
  offer(event: Event & LiveEvent): Offer {
    if (event.position <= this.knownUpTo) return 'known';
    if (this.ahead.has(event.position)) {
      if (event.previous <= this.knownUpTo) this.passTo(event.position);
      return 'known';
    }
    if (event.previous > this.knownUpTo) {
      if (this.early.has(event.position)) return 'known';
      this.early.set(event.position, event);
      return 'early';
    }
    const isFollowed = this.take(event);
    this.takeEarly();
    return isFollowed ? 'queued' : 'passed';
  }

  /**
   * Takes events that were read from the log: all of the slot after `known`, up to `scanned`. What had come early by the
   * bus is in its turn then.
   * @returns those that were new
   */
  extend(events: readonly Event[], scanned: Position): readonly Event[] {
    const fresh = events.filter(({ position }) => position > this.knownUpTo && !this.ahead.has(position));
    for (const event of fresh) {
      this.take(this.early.get(event.position) ?? event);
      this.early.delete(event.position);
    }
    if (scanned > this.knownUpTo) this.passTo(scanned);
    return fresh;
  }

  /**
   * The next events that may be handled now, at most `limit`, each of another stream; they count as under way from here.
   * More than one only when nothing is before them, so that one move of the inbox covers them all.
   */
  next(limit = 1, isBlocked: (streamKey: string) => boolean = () => false): readonly Event[] {
    const busy = new Set<string>();
    const isTaken = ({ event: { streamKey } }: Entry<Event>): boolean => busy.has(streamKey) || isBlocked(streamKey);
    for (const [index, entry] of this.entries.entries()) {
      if (entry.state === 'running') return [];
      if (entry.state === 'queued' && !isTaken(entry)) return this.begin(index, busy.size === 0 ? limit : 1, isTaken);
      if (entry.state !== 'done') busy.add(entry.event.streamKey);
    }
    return [];
  }

  private begin(index: number, limit: number, isTaken: (entry: Entry<Event>) => boolean): readonly Event[] {
    const begun: Event[] = [];
    const streams = new Set<string>();
    for (const entry of this.entries.slice(index, index + limit)) {
      const { streamKey } = entry.event;
      if (entry.state !== 'queued' || streams.has(streamKey) || isTaken(entry)) break;
      streams.add(streamKey);
      entry.state = 'running';
      begun.push(entry.event);
    }
    return begun;
  }

  /** They take long: others may go past them. */
  slowDown(events: readonly Event[]): void {
    for (const event of events) {
      const entry = this.entryOf(event);
      if (entry?.state === 'running') entry.state = 'slow';
    }
  }

  /** What of these is not applied could not be handled now, and is in its turn again. */
  putBack(events: readonly Event[]): void {
    for (const event of events) {
      const entry = this.entryOf(event);
      if (entry && entry.state !== 'done') entry.state = 'queued';
    }
  }

  /** How the inbox must move when these events are applied, which `next` gave together, or one of them alone. */
  moveFor(events: readonly Event[]): InboxMove {
    const [event] = events;
    if (!event) throw new RangeError('There is no event to move for.');
    const first = this.entries.findIndex(({ state }) => state !== 'done');
    if (this.entries[first]?.event !== event)
      return { kind: 'ahead', from: this.appliedUpTo, position: event.position };
    const applied = this.entries[first + events.length - 1]?.event ?? event;
    const after = this.entries.slice(first + events.length);
    const undone = after.findIndex(({ state }) => state !== 'done');
    const last = undone === -1 ? undefined : (after[undone - 1]?.event ?? applied);
    const to = last?.position ?? this.knownUpTo;
    return { kind: 'forward', from: this.appliedUpTo, to, absorbs: this.ahead.size > 0 };
  }

  /** How the inbox may move when nothing waits: over positions that hold no event of the slot. */
  idleMove(): ForwardMove | undefined {
    if (this.entries.some(({ state }) => state !== 'done') || this.knownUpTo === this.appliedUpTo) return undefined;
    return { kind: 'forward', from: this.appliedUpTo, to: this.knownUpTo, absorbs: this.ahead.size > 0 };
  }

  /** The events are applied, and their move of the inbox was committed. */
  committed(events: readonly Event[], move: InboxMove): void {
    for (const event of events) {
      const entry = this.entryOf(event);
      if (!entry || entry.state === 'done') continue;
      entry.state = 'done';
      this.undone -= 1;
    }
    this.moved(move);
  }

  /** The inbox was moved. */
  moved(move: InboxMove): void {
    if (move.kind === 'ahead') {
      this.ahead.add(move.position);
      return;
    }
    this.appliedUpTo = move.to;
    this.entries = this.entries.filter(({ event }) => event.position > move.to);
    for (const position of this.ahead) if (position <= move.to) this.ahead.delete(position);
  }

  private take(event: Event): boolean {
    const isFollowed = this.follows(event);
    if (isFollowed) {
      this.entries.push({ event, state: 'queued' });
      this.undone += 1;
    }
    this.knownUpTo = event.position;
    return isFollowed;
  }

  /** There is no event up to here that is neither applied nor in the queue. */
  private passTo(position: Position): void {
    this.knownUpTo = position;
    for (const early of this.early.keys()) if (early <= position) this.early.delete(early);
    this.takeEarly();
  }

  private takeEarly(): void {
    for (;;) {
      let next: (Event & LiveEvent) | undefined;
      for (const event of this.early.values())
        if (event.previous <= this.knownUpTo && (!next || event.position < next.position)) next = event;
      if (!next) return;
      this.early.delete(next.position);
      if (next.position > this.knownUpTo) this.take(next);
    }
  }

  private entryOf(event: Event): Entry<Event> | undefined {
    return this.entries.find((entry) => entry.event === event);
  }
}

/** Where a consumer that knows an older life of a log goes on in the newest one: the last position that both share. */
export function sharedPosition(
  known: Readonly<{ epoch: number; position: Position }>,
  lives: readonly Readonly<{ epoch: number; began: Position }>[],
): Position {
  let shared = known.position;
  for (const { epoch, began } of lives) if (epoch > known.epoch && began < shared) shared = began;
  return shared;
}
