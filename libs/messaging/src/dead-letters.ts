import { deadLetterSubject } from '#libs/contracts';
import { natsHeaders, type Bus } from './bus.ts';
import type { ParkedMessage } from './consumer/parked-messages.ts';

export type DeadLetter = Readonly<{ service: string; consumer: string; message: ParkedMessage }>;

/** Headers of a dead letter, beside those of the message itself. */
export const DEAD_LETTER_HEADER = {
  /** Names it in `GET /v1/dead-letters` of the service. */
  id: 'Dead-Letter-Id',
  reason: 'Dead-Letter-Reason',
  code: 'Dead-Letter-Code',
  violations: 'Dead-Letter-Violations',
  subject: 'Dead-Letter-Subject',
  /** The log or the JetStream stream that it came from. */
  source: 'Dead-Letter-Source',
  /** In the log, or in the JetStream stream. */
  position: 'Dead-Letter-Position',
  attempts: 'Dead-Letter-Attempts',
} as const;

/** Headers that would steer the server when the message is stored again. */
const SERVER_HEADER = /^nats-/i;

/**
 * Tells whoever follows the stream DEAD_LETTERS of a message that could not be handled: the message unchanged, with the
 * reason. Resolves when the server has it. Told again about the same attempt, the server drops the double.
 */
export async function publishDeadLetter(bus: Bus, { service, consumer, message }: DeadLetter): Promise<void> {
  const { id, lastAttemptMs, raw } = message;
  await bus.jetstream.publish(deadLetterSubject(service, consumer), raw.bytes ?? raw.body, {
    msgID: `${consumer}:${id}:${lastAttemptMs}`,
    headers: natsHeaders({ ...ownHeaders(raw.headers), ...reasonHeaders(message) }),
  });
}

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SERVER_HEADER.test(name)));
}

function reasonHeaders(message: ParkedMessage): Record<string, string> {
  const { id, raw, reason, code, violations, source, position, attempts } = message;
  return {
    [DEAD_LETTER_HEADER.id]: String(id),
    [DEAD_LETTER_HEADER.reason]: oneLine(reason ?? ''),
    [DEAD_LETTER_HEADER.code]: code ?? 'defect',
    ...(violations === null ? {} : { [DEAD_LETTER_HEADER.violations]: oneLine(JSON.stringify(violations)) }),
    [DEAD_LETTER_HEADER.subject]: raw.subject,
    [DEAD_LETTER_HEADER.source]: source,
    [DEAD_LETTER_HEADER.position]: String(position),
    [DEAD_LETTER_HEADER.attempts]: String(attempts),
  };
}

const MAX_HEADER_CHARACTERS = 2_000;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, MAX_HEADER_CHARACTERS);
}
