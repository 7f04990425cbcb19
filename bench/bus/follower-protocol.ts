import { z } from 'zod';

/** How a follower takes what is published. */
export const FOLLOWINGS = {
  /** A plain subscriber from now on, as one outside would have it: no durable consumer, no acknowledgement. */
  subscriber: 'subscriber',
  /** A durable consumer that only acknowledges. */
  ack: 'ack',
  /** The same, which first inserts a row and commits. No order, no inbox: doubles are possible. */
  insert: 'insert',
  /** The product's consumer: the same row in one transaction with the inbox. */
  inbox: 'inbox',
} as const;
export type Following = keyof typeof FOLLOWINGS;

export const followSchema = z.object({
  how: z.enum(FOLLOWINGS),
  natsUrl: z.string(),
  stream: z.string(),
  /** Of the consumer that replicas share. */
  durable: z.string(),
  databaseUrl: z.string(),
  schema: z.string(),
  /** Whose log the stream is a copy of. */
  log: z.string(),
  /** Events that are worked on at once. */
  concurrency: z.number(),
  /** Names this replica. */
  owner: z.string(),
});
export type Follow = z.infer<typeof followSchema>;

/** What a parent asks of a follower; one question at a time. */
export const questionSchema = z.discriminatedUnion('ask', [
  z.object({ ask: z.literal('follow'), follow: followSchema }),
  /** Lets it work; until then it may take messages, and does nothing with them. */
  z.object({ ask: z.literal('open') }),
  z.object({ ask: z.literal('count') }),
  z.object({ ask: z.literal('tell') }),
  z.object({ ask: z.literal('stop') }),
]);
export type Question = z.infer<typeof questionSchema>;

/** What it answers: how many effects there are and, when asked to tell, the position and time of each. */
export const answerSchema = z.object({
  count: z.number(),
  /** Of these, how many came from the log instead of the stream, as far as the follower can tell. */
  caughtUp: z.number(),
  /** Work that this replica may do; all of them together may do everything once this adds up to `WHOLE`. */
  share: z.number(),
  positions: z.array(z.number()).optional(),
  /** By the clock that all processes share. */
  atMs: z.array(z.number()).optional(),
  failure: z.string().optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** The table that effects go to, in the schema of the follower. */
export const EFFECTS = `create table effects (
  position  bigint not null,
  event_id  uuid not null,
  subject   text not null,
  data      jsonb not null
)`;
