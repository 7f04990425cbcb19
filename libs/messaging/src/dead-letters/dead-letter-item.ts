import { z } from 'zod';
import {
  countSchema,
  idSchema,
  instantSchema,
  listQuerySchema,
  nameSchema,
  pageOf,
  textSchema,
  type Page,
} from '#libs/contracts';

/**
 * How a message that was put aside stands: tried again by itself; behind another one of its stream; given up until
 * somebody decides; given up for good.
 */
export const deadLetterStateSchema = z.enum(['retrying', 'waiting', 'dead', 'discarded']);
export type DeadLetterState = z.output<typeof deadLetterStateSchema>;

/** Names a dead letter within its service, in a path. */
export const deadLetterIdSchema = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, { error: 'must be the number of a dead letter, from 1' })
  .transform(Number);

const blocksSchema = z.object({
  waiting: countSchema.describe('Later messages of its stream that wait behind it'),
  oldest: countSchema.nullable().describe('Of those, the one that comes next'),
  since: instantSchema.nullable().describe('Since when that one waits'),
});

const settledSchema = z.object({
  by: z.string().describe('Who discarded it: `key:<id of the API key>`'),
  reason: z.string(),
  at: instantSchema,
});

/** A message that was put aside, without its content. */
export const deadLetterItemSchema = z.object({
  deadLetterId: countSchema.describe('Within its service'),
  state: deadLetterStateSchema,
  consumer: z.string().describe('Who could not handle it'),
  source: z.string().describe('The log, or for a message from outside the JetStream stream, that it came from'),
  epoch: countSchema.describe(
    'Life of the store of that log; for a message from outside when the stream was made, in seconds since 1970',
  ),
  position: countSchema.describe('In the log, or sequence in the JetStream stream'),
  subject: z.string(),
  tenant: z.string().nullable().describe('null when the message does not say'),
  stream: z.string().nullable().describe('<tenant>/<streamId>: messages of the same stream wait for it; null: none do'),
  code: z.string().nullable().describe('Of the last failure; `defect` for one that nobody foresaw'),
  reason: z.string().nullable().describe('The last failure in words'),
  attempts: countSchema.describe('Since it was put aside or re-driven'),
  parkedAt: instantSchema,
  lastAttemptAt: instantSchema.nullable(),
  nextAttemptAt: instantSchema.nullable(),
  blocks: blocksSchema,
  settled: settledSchema.nullable().describe('Only of one that was discarded'),
});
export type DeadLetterItem = Readonly<z.output<typeof deadLetterItemSchema>>;

/** A message that was put aside, with its content. */
export const deadLetterDetailSchema = deadLetterItemSchema.extend({
  violations: z.array(z.object({ pointer: z.string(), detail: z.string() })),
  announcedAt: instantSchema.nullable().describe('When the stream DEAD_LETTERS had it'),
  behind: z
    .object({ deadLetterId: countSchema, state: deadLetterStateSchema })
    .nullable()
    .describe('What it waits for'),
  message: z.object({
    headers: z.record(z.string(), z.string()),
    encoding: z.enum(['utf-8', 'base64']).describe('Of `body`: base64 when the bytes are no text'),
    body: z.string(),
  }),
});
export type DeadLetterDetail = Readonly<z.output<typeof deadLetterDetailSchema>>;

/** Filters of the list; all that are given must hold. */
export const deadLetterListQuerySchema = listQuerySchema.extend({
  state: deadLetterStateSchema.optional().describe('Without it: all but those that were discarded'),
  consumer: idSchema.optional(),
  code: nameSchema.optional(),
});

/** Filters of the list of blocked streams. */
export const blockedStreamQuerySchema = listQuerySchema.extend({ consumer: idSchema.optional() });

export const deadLetterPageSchema = pageOf(deadLetterItemSchema);
export type DeadLetterPage = Page<DeadLetterItem>;

const FILTERS = ['consumer', 'code', 'failedBefore'] as const;

/** Which dead letters are to be tried again; all that is named must hold. At least one thing is, so that nobody re-drives everything by accident. */
export const redriveRequestSchema = z
  .strictObject({
    consumer: idSchema.optional(),
    code: nameSchema.optional(),
    failedBefore: instantSchema
      .optional()
      .describe('Whose last attempt was before: those that failed under an older release'),
  })
  .refine((request) => FILTERS.some((name) => request[name] !== undefined), {
    error: `must name at least one of ${FILTERS.join(', ')}`,
  });
export type RedriveRequest = Readonly<z.output<typeof redriveRequestSchema>>;

export const redriveAnswerSchema = z.object({ redriven: countSchema });
export type RedriveAnswer = Readonly<z.output<typeof redriveAnswerSchema>>;

const LONGEST_REASON = 2_000;

/** Why somebody gives a message up; kept with it. */
export const discardRequestSchema = z.strictObject({
  reason: textSchema(LONGEST_REASON)
    .regex(/\S/, { error: 'must say why' })
    // Postgres has no U+0000 in text.
    .regex(/^[^\0]*$/, { error: 'must not contain U+0000' }),
});
