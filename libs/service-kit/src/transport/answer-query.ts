import { correlationId, type IdSource } from '#libs/kernel';
import type { PlainMessage } from '#libs/messaging';
import { currentTraceId, runWithCorrelation, withSpan } from '#libs/observability';
import type { Logger } from '../ports.ts';
import { MalformedJson } from '../problems/http.errors.ts';
import { problemFrom } from '../problems/problem-from.ts';
import {
  BUS_LOG_POSITION_HEADER,
  BUS_WAIT_FOR_POSITION_HEADER,
  positionText,
  PROBLEM_MEDIA_TYPE,
  type EpochPosition,
} from '#libs/contracts';
import { LogTrail, runWithTrail } from '../reads/log-trail.ts';
import type { PositionGate } from '../reads/position-gate.ts';
import { reachedFor } from '../reads/wanted-position.ts';

export type QueryTools = Readonly<{
  ids: IdSource;
  logger: Logger;
  positions: PositionGate;
  ask: (query: unknown) => Promise<unknown>;
}>;

const JSON_MEDIA_TYPE = 'application/json';

/**
 * Answers one request on the bus: JSON in, JSON out; a refusal is a problem document, as over HTTP. Never rejects.
 *
 * The answer says in `Steward-Log-Position` how far the log had come for it, and waits for the position in
 * `Steward-Wait-For-Position`, if the request names one.
 */
export async function answerQuery(message: PlainMessage, tools: QueryTools): Promise<void> {
  const correlation = correlationId(message.headers['correlation-id'] ?? tools.ids.next());
  const attributes = {
    'messaging.system.name': 'nats',
    'messaging.operation.type': 'process',
    'messaging.destination.name': message.subject,
  };
  await runWithCorrelation({ correlationId: correlation }, () =>
    withSpan(`process ${message.subject}`, { kind: 'server', attributes, parent: message.headers }, async () => {
      try {
        const { answer, at } = await answered(message, tools);
        message.respond(JSON.stringify(answer), {
          'Content-Type': JSON_MEDIA_TYPE,
          [BUS_LOG_POSITION_HEADER]: positionText(at),
        });
      } catch (error) {
        refuse(message, error, { ...tools, correlation });
      }
    }),
  );
}

async function answered(
  message: PlainMessage,
  { ask, positions }: QueryTools,
): Promise<Readonly<{ answer: unknown; at: EpochPosition }>> {
  const query = parsed(message.text);
  const wanted = message.headers[BUS_WAIT_FOR_POSITION_HEADER.toLowerCase()];
  const reached = await reachedFor(positions, wanted, BUS_WAIT_FOR_POSITION_HEADER);
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

function refuse(message: PlainMessage, error: unknown, tools: QueryTools & { readonly correlation: string }): void {
  const { problem, log } = problemFrom(error, {
    requestId: tools.ids.next(),
    correlationId: tools.correlation,
    traceId: currentTraceId() ?? '',
  });
  tools.logger[log]({ err: error, subject: message.subject }, 'query refused');
  message.respond(JSON.stringify(problem), { 'Content-Type': PROBLEM_MEDIA_TYPE });
}
