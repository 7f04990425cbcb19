import { correlationId, type IdSource } from '#libs/kernel';
import type { PlainMessage } from '#libs/messaging';
import { currentTraceId, runWithCorrelation, withSpan } from '#libs/observability';
import type { Logger } from '../ports.ts';
import { MalformedJson } from '../problems/http.errors.ts';
import { problemFrom } from '../problems/problem-from.ts';
import { PROBLEM_MEDIA_TYPE } from '#libs/contracts';

export type QueryTools = Readonly<{
  ids: IdSource;
  logger: Logger;
  ask: (query: unknown) => Promise<unknown>;
}>;

const JSON_MEDIA_TYPE = 'application/json';

/** Answers one request on the bus: JSON in, JSON out; a refusal is a problem document, as over HTTP. Never rejects. */
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
        const answer = await tools.ask(parsed(message.text));
        message.respond(JSON.stringify(answer), { 'Content-Type': JSON_MEDIA_TYPE });
      } catch (error) {
        refuse(message, error, { ...tools, correlation });
      }
    }),
  );
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
