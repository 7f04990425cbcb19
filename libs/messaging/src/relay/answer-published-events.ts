import { z } from 'zod';
import { DomainError } from '#libs/kernel';
import {
  position,
  storeLives,
  type Database,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '#libs/event-store';
import type { Bus, PlainMessage } from '../bus.ts';
import { MalformedMessage } from '../errors.ts';
import { outgoingMessage, type OutgoingMessage } from './outgoing-message.ts';
import type { Outlet } from './publication.ts';
import {
  parsedJson,
  PROBLEM_JSON,
  publishedEventsRequest,
  publishedEventsSubject,
  type PublishedEvent,
  type PublishedEventsRequest,
  type PublishedPage,
} from './published-events.ts';
import { StreamNotPublished } from './relay.errors.ts';

export type PublishedEventsAnswererOptions = Readonly<{
  /** Name of the log and of the service that owns it. */
  log: string;
  bus: Bus;
  database: Database;
  store: Pick<EventStore, 'readAll' | 'head'>;
  outlets: readonly Outlet[];
  /** Told why a question could not be answered, unless whoever asked was wrong. */
  onFailure: (error: unknown) => void;
  /** About how many bytes of events an answer may hold. @default 512 KiB, since NATS takes 1 MiB */
  answerBytes?: number;
  /** How many positions are looked at for one answer. @default 200,000 */
  scan?: number;
}>;

type Lives = Awaited<ReturnType<typeof storeLives>>;

const ANSWER_BYTES = 512 * 1_024;
const SCAN = 200_000;
/** Events read at a time; the data of one can be large. */
const PAGE = 128;
/** Questions answered at a time, so that those who catch up leave the service its connections. */
const AT_ONCE = 2;

/**
 * Answers for one log what was published of it: consumers ask for what JetStream does not bring. Each question is
 * answered by one of the service's instances.
 */
export class PublishedEventsAnswerer {
  private readonly options: PublishedEventsAnswererOptions;
  private readonly underWay = new Set<Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private answering = 0;
  private unsubscribe: (() => void) | undefined;

  constructor(options: PublishedEventsAnswererOptions) {
    this.options = options;
  }

  start(): void {
    const { bus, log } = this.options;
    const answer = (message: PlainMessage): void => {
      const answered = this.inTurn(() => this.respond(message)).finally(() => {
        this.underWay.delete(answered);
      });
      this.underWay.add(answered);
    };
    this.unsubscribe = bus.subscribe(publishedEventsSubject(log), answer, log);
  }

  /** Takes no more questions, and answers those that were asked. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    await Promise.all(this.underWay);
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    if (this.answering < AT_ONCE) this.answering += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    await work();
    const next = this.waiting.shift();
    if (next) next();
    else this.answering -= 1;
  }

  private async respond(message: PlainMessage): Promise<void> {
    try {
      message.respond(await this.answer(requestOf(message.text)), { 'Content-Type': 'application/json' });
    } catch (error) {
      const isAsker = error instanceof MalformedMessage || error instanceof StreamNotPublished;
      if (!isAsker) this.options.onFailure(error);
      message.respond(problemOf(error), { 'Content-Type': PROBLEM_JSON });
    }
  }

  /** Reads again when another life of the store began meanwhile: what was read is of the life before and after it. */
  private async answer(request: PublishedEventsRequest): Promise<string> {
    const { database, log, outlets } = this.options;
    const outlet = outlets.find(({ stream }) => stream === request.stream);
    if (!outlet) throw new StreamNotPublished(log, request.stream);
    let lives = await storeLives(database);
    for (;;) {
      const answer = await this.read(request, outlet, lives);
      const now = await storeLives(database);
      if (now[0].epoch === lives[0].epoch) return answer;
      lives = now;
    }
  }

  private async read(request: PublishedEventsRequest, outlet: Outlet, lives: Lives): Promise<string> {
    const { store, log, answerBytes = ANSWER_BYTES, scan = SCAN } = this.options;
    const [{ epoch, began }] = lives;
    // Asked before the events: all that lies up to there can be seen by the reads that follow.
    const head = await store.head();
    const upTo = position(Math.min(head, request.after + scan));
    const page = new Page(request, answerBytes);
    let scanned = position(Math.min(request.after, head));
    while (scanned < upTo && page.hasRoom()) {
      const events = await readSome(store, { after: scanned, upTo, slots: request.slots }, scanned > request.after);
      if (!events) break;
      if (events.length === 0) scanned = upTo;
      for (const event of events) {
        if (!page.hasRoom()) break;
        const previous = page.previousOf(event);
        page.add(event, outgoingMessage({ log, epoch, outlet, event, previous }));
        scanned = event.position;
      }
    }
    return page.text({ epoch, began, lives, scanned, more: scanned < head });
  }
}

/**
 * @param mayEnd whether an answer may end here: then an event that this release cannot read is left for the next question
 * @returns nothing when the answer ends here
 */
async function readSome(
  store: Pick<EventStore, 'readAll'>,
  range: Readonly<{ after: Position; upTo: Position; slots: readonly number[] }>,
  mayEnd: boolean,
): Promise<readonly RecordedEvent[] | undefined> {
  try {
    return await store.readAll({ ...range, limit: PAGE });
  } catch (error) {
    if (mayEnd) return undefined;
    throw error;
  }
}

/** An answer that grows until it has as many events or bytes as it may. */
class Page {
  private readonly request: PublishedEventsRequest;
  private readonly answerBytes: number;
  private readonly messages: string[] = [];
  private readonly lastOfSlot = new Map<number, Position>();
  private bytes = 0;

  constructor(request: PublishedEventsRequest, answerBytes: number) {
    this.request = request;
    this.answerBytes = answerBytes;
  }

  hasRoom(): boolean {
    return this.messages.length < this.request.limit && this.bytes < this.answerBytes;
  }

  previousOf({ slot }: RecordedEvent): Position {
    return this.lastOfSlot.get(slot) ?? this.request.after;
  }

  /** @param message nothing for an event that is private */
  add({ position: at, slot }: RecordedEvent, message: OutgoingMessage | undefined): void {
    if (!message) return;
    const { subject, headers, body } = message;
    const text = JSON.stringify({ position: at, slot, subject, headers, body } satisfies PublishedEvent);
    this.messages.push(text);
    this.bytes += Buffer.byteLength(text);
    this.lastOfSlot.set(slot, at);
  }

  text(frame: Omit<PublishedPage, 'events'>): string {
    return `${JSON.stringify(frame).slice(0, -1)},"events":[${this.messages.join(',')}]}`;
  }
}

function requestOf(text: string): PublishedEventsRequest {
  const request = publishedEventsRequest.safeParse(parsedJson(text));
  if (request.success) return request.data;
  throw new MalformedMessage(`the question is not understood: ${z.prettifyError(request.error)}`);
}

/** A problem document (RFC 9457). The message of an error that nobody foresaw stays inside. */
function problemOf(error: unknown): string {
  const known = error instanceof DomainError;
  return JSON.stringify({
    type: 'about:blank',
    title: 'The log did not answer',
    code: known ? error.code : 'internal',
    detail: known ? error.message : 'it failed; its log says why',
  });
}
