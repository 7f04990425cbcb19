import { z } from 'zod';
import { querySubject } from '#libs/contracts';
import { position, type Position } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import { LogDidNotAnswer } from './relay.errors.ts';

/** The name of the question that every service answers about its log. */
const QUERY = 'published-events';

export function publishedEventsSubject(log: string): string {
  return querySubject(log, QUERY);
}

const slot = z.int().min(0).max(63);
const at = z.int().nonnegative().transform(position);

export const publishedEventsRequest = z.object({
  /** JetStream stream of the outlet that is asked about. */
  stream: z.string(),
  slots: z.array(slot).min(1).max(64),
  after: at,
  /** At most so many events; there may be fewer although there are more. */
  limit: z.int().min(1).max(1_000),
});

export type PublishedEventsRequest = z.output<typeof publishedEventsRequest>;

const publishedEvent = z
  .object({
    position: at,
    slot,
    subject: z.string().min(1),
    headers: z.record(z.string(), z.string()),
    /** The CloudEvent in JSON. */
    body: z.string(),
  })
  .readonly();

/** One event as the relay publishes it; its headers are those of the message, without the message id. */
export type PublishedEvent = z.output<typeof publishedEvent>;

export const publishedPage = z
  .object({
    /** Life of the store that the answer is about. */
    epoch: z.int().nonnegative(),
    /** Head of the log when that life began; 0 for the first. Positions up to there are the same events as before. */
    began: at,
    /** All lives of the store, the newest first: whoever comes from an earlier one goes back to where they agree. */
    lives: z.array(z.object({ epoch: z.int().nonnegative(), began: at }).readonly()).readonly(),
    /**
     * All of these slots up to here is in this answer or before it. Before `after` only when the log ends there: whoever
     * asked has seen another life of the store.
     */
    scanned: at,
    /** Whether the log went on behind `scanned`. */
    more: z.boolean(),
    events: z.array(publishedEvent).readonly(),
  })
  .readonly();

/** What a log answered: published events of some slots, in its order. */
export type PublishedPage = z.output<typeof publishedPage>;

export const PROBLEM_JSON = 'application/problem+json';
const problem = z.object({ detail: z.string() });

export type PublishedEventsQuestion = Readonly<{
  /** Service that owns the log. */
  log: string;
  stream: string;
  slots: readonly number[];
  after: Position;
  /** At most 1,000. */
  limit: number;
  timeoutMs: number;
}>;

/**
 * Asks a service for what it published, from its log instead of from JetStream: for what JetStream does not have any
 * more, or has lost.
 * @throws BusUnavailable when nobody answers in time
 * @throws LogDidNotAnswer when the service could not, or its answer is not understood
 */
export async function askPublishedEvents(
  bus: Pick<Bus, 'request'>,
  { log, stream, slots, after, limit, timeoutMs }: PublishedEventsQuestion,
): Promise<PublishedPage> {
  const question = JSON.stringify({ stream, slots, after, limit });
  const { text, headers } = await bus.request(publishedEventsSubject(log), question, timeoutMs);
  if (headers['content-type'] === PROBLEM_JSON) throw refused(log, stream, text);
  const answer = publishedPage.safeParse(parsedJson(text));
  if (answer.success) return answer.data;
  throw new LogDidNotAnswer(log, stream, `the answer is not understood: ${z.prettifyError(answer.error)}`);
}

function refused(log: string, stream: string, text: string): LogDidNotAnswer {
  const { data } = problem.safeParse(parsedJson(text));
  return new LogDidNotAnswer(log, stream, data?.detail ?? 'it gave no reason');
}

/** @returns nothing for what is no JSON, which then fails like any other wrong answer */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
