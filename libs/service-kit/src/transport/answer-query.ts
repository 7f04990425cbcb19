import {
  BUS_LOG_POSITION_HEADER,
  BUS_WAIT_FOR_POSITION_HEADER,
  positionText,
  PROBLEM_MEDIA_TYPE,
} from '#libs/contracts';
import type { EpochPosition } from '#libs/contracts';
import { correlationId, type IdSource } from '#libs/kernel';
import { MessageTooLarge, type PlainMessage } from '#libs/messaging';
import { ATTRIBUTE, currentTraceId, runWithCorrelation, withSpan } from '#libs/observability';
import type { Logger } from '../ports.ts';
import { MalformedJson } from '../problems/http.errors.ts';
import { problemFrom } from '../problems/problem-from.ts';
import { LogTrail, runWithTrail } from '../reads/log-trail.ts';
import type { PositionGate } from '../reads/position-gate.ts';
import { reachedFor } from '../reads/wanted-position.ts';
import { machineTimers, QueryDeadline, type Timers } from './query-deadline.ts';
import { queryHeaders, type QueryHeaders } from './query-headers.ts';
import { AnswerTooLarge } from './query.errors.ts';

export type QueryTools = Readonly<{
  ids: IdSource;
  logger: Logger;
  positions: PositionGate;
  ask: (query: unknown) => Promise<unknown>;
  /** @default the machine's */
  timers?: Timers;
}>;

const JSON_MEDIA_TYPE = 'application/json';

/**
 * Answers one request on the bus: JSON in, JSON out; a refusal is a problem document, as over HTTP. Never rejects.
 *
 * The answer says in `Steward-Log-Position` how far the log had come for it, and waits for the position in
 * `Steward-Wait-For-Position`, if the request names one. `Steward-Timeout-Ms` says for how long somebody waits, from now:
 * when the time is over nothing is begun, and when it will be over before the answer is there, a problem 504 says so in
 * time. An answer that is too large for a message is a problem 413.
 */
export async function answerQuery(message: PlainMessage, tools: QueryTools): Promise<void> {
  const fresh = correlationId(tools.ids.next());
  let headers: QueryHeaders;
  try {
    headers = queryHeaders(message.headers);
  } catch (error) {
    runWithCorrelation({ correlationId: fresh }, () => {
      refuse(message, error, { ...tools, correlation: fresh });
    });
    return;
  }
  const correlation = headers.correlation ?? fresh;
  const deadline = new QueryDeadline(headers.timeoutMs, tools.timers ?? machineTimers);
  const attributes = {
    [ATTRIBUTE.messagingSystem]: 'nats',
    [ATTRIBUTE.messagingOperationType]: 'process',
    [ATTRIBUTE.messagingDestination]: message.subject,
  };
  await runWithCorrelation({ correlationId: correlation, causationId: headers.causationId }, () =>
    withSpan(`process ${message.subject}`, { kind: 'server', attributes, parent: message.headers }, async () => {
      try {
        const late = (error: unknown): void => {
          tools.logger.warn({ err: error, subject: message.subject }, 'a query failed after its time was over');
        };
        const { answer, at } = await deadline.race(() => answered(message, { headers, deadline, tools }), late);
        respond(message, answer, at);
      } catch (error) {
        refuse(message, error, { ...tools, correlation });
      }
    }),
  );
}

type Asked = Readonly<{ headers: QueryHeaders; deadline: QueryDeadline; tools: QueryTools }>;

async function answered(
  message: PlainMessage,
  { headers, deadline, tools: { ask, positions } }: Asked,
): Promise<Readonly<{ answer: unknown; at: EpochPosition }>> {
  const query = parsed(message.text);
  const wanted = { name: BUS_WAIT_FOR_POSITION_HEADER, text: headers.waitFor, atMostMs: deadline.leftForWaitingMs };
  const reached = await reachedFor(positions, wanted);
  deadline.check();
  const trail = new LogTrail();
  const answer = await runWithTrail(trail, () => ask(query));
  return { answer, at: trail.latest === undefined ? reached : await positions.named(trail.latest) };
}

function parsed(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedJson(error instanceof Error ? error.message : 'it cannot be parsed');
  }
}

/** @throws AnswerTooLarge */
function respond(message: PlainMessage, answer: unknown, at: EpochPosition): void {
  try {
    message.respond(JSON.stringify(answer ?? null), {
      'Content-Type': JSON_MEDIA_TYPE,
      [BUS_LOG_POSITION_HEADER]: positionText(at),
    });
  } catch (error) {
    throw error instanceof MessageTooLarge ? new AnswerTooLarge(error.sizeBytes, error.maximumBytes) : error;
  }
}

function refuse(message: PlainMessage, error: unknown, tools: QueryTools & { readonly correlation: string }): void {
  const { problem, log } = problemFrom(error, {
    requestId: tools.ids.next(),
    correlationId: tools.correlation,
    traceId: currentTraceId() ?? '',
  });
  tools.logger[log]({ err: error, subject: message.subject }, 'query refused');
  try {
    message.respond(JSON.stringify(problem), { 'Content-Type': PROBLEM_MEDIA_TYPE });
  } catch (failure) {
    tools.logger.error({ err: failure, subject: message.subject }, 'a refusal could not be sent; whoever asked waits');
  }
}
