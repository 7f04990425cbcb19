import type { z } from 'zod';
import {
  BUS_TIMEOUT_HEADER,
  BUS_WAIT_FOR_POSITION_HEADER,
  positionText,
  PROBLEM_MEDIA_TYPE,
  problemSchema,
  querySubject,
  violationsOf,
  type EpochPosition,
} from '#libs/contracts';
import { SECOND_MS } from '#libs/kernel';
import { ATTRIBUTE, withSpan } from '#libs/observability';
import { NoAnswerInTime } from '../bus.errors.ts';
import type { Bus, PlainMessage } from '../bus.ts';
import { AnswerNotUnderstood, QueryRefused } from './query.errors.ts';

export type Question<Answer> = Readonly<{
  /** Who is asked: `agent`. */
  service: string;
  /** What: `list-stock`. */
  query: string;
  /** Sent as JSON. @default {} */
  body?: unknown;
  /** What the answer must be. */
  answer: z.ZodType<Answer>;
  /** From now until the answer is here; the service is told and gives up in time to say so. @default 5000 */
  deadlineMs?: number;
  /** The service answers once its read models contain everything up to here. */
  waitFor?: EpochPosition;
}>;

const DEFAULT_DEADLINE_MS = 5 * SECOND_MS;
const DEADLINE_MISSED = 504;

/**
 * Asks one instance of a service over the bus, in the trace and correlation of the work that runs.
 *
 * @throws NobodyListens at once when no instance serves the query; NoAnswerInTime; QueryRefused with the service's problem;
 * AnswerNotUnderstood; MessageTooLarge; BusUnavailable
 */
export async function ask<Answer>(bus: Bus, question: Question<Answer>): Promise<Answer> {
  const { service, query, body = {}, deadlineMs = DEFAULT_DEADLINE_MS, waitFor } = question;
  const subject = querySubject(service, query);
  const attributes = {
    [ATTRIBUTE.messagingSystem]: 'nats',
    [ATTRIBUTE.messagingOperationType]: 'send',
    [ATTRIBUTE.messagingDestination]: subject,
  };
  return withSpan(`send ${subject}`, { kind: 'client', attributes }, async () => {
    const answer = await bus.request(subject, JSON.stringify(body), deadlineMs, {
      'Content-Type': 'application/json',
      [BUS_TIMEOUT_HEADER]: String(Math.floor(deadlineMs)),
      ...(waitFor === undefined ? {} : { [BUS_WAIT_FOR_POSITION_HEADER]: positionText(waitFor) }),
    });
    return answerOf(answer, { subject, deadlineMs, schema: question.answer });
  });
}

type Asked<Answer> = Readonly<{ subject: string; deadlineMs: number; schema: z.ZodType<Answer> }>;

function answerOf<Answer>(answer: PlainMessage, { subject, deadlineMs, schema }: Asked<Answer>): Answer {
  const json = parsedJson(answer.text, subject);
  if (answer.headers['content-type']?.startsWith(PROBLEM_MEDIA_TYPE) === true) {
    const refusal = new QueryRefused(subject, understood(problemSchema, json, subject));
    throw refusal.status === DEADLINE_MISSED ? new NoAnswerInTime(subject, deadlineMs, refusal) : refusal;
  }
  return understood(schema, json, subject);
}

function understood<Output>(schema: z.ZodType<Output>, json: unknown, subject: string): Output {
  const result = schema.safeParse(json);
  if (!result.success) throw new AnswerNotUnderstood(subject, violationsOf(result.error.issues));
  return result.data;
}

function parsedJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'it cannot be parsed';
    throw new AnswerNotUnderstood(subject, [{ pointer: '#', detail: `is no JSON: ${why}` }]);
  }
}
