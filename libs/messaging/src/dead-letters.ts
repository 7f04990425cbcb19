import type { JsMsg } from '@nats-io/jetstream';
import { deadLetterSubject } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import { natsHeaders, type Bus } from './bus.ts';

export type DeadLetter = Readonly<{
  service: string;
  consumer: string;
  message: JsMsg;
  reason: unknown;
  attempts: number;
}>;

/** Headers of a dead letter, beside those of the message itself. */
export const DEAD_LETTER_HEADER = {
  reason: 'Dead-Letter-Reason',
  code: 'Dead-Letter-Code',
  violations: 'Dead-Letter-Violations',
  subject: 'Dead-Letter-Subject',
  stream: 'Dead-Letter-Stream',
  sequence: 'Dead-Letter-Sequence',
  attempts: 'Dead-Letter-Attempts',
} as const;

/** Headers that would steer the server when the message is stored again. */
const SERVER_HEADER = /^nats-/i;

/**
 * Keeps a message that cannot be handled, unchanged, with the reason. Resolves when the server has it;
 * only then may the message be acknowledged.
 */
export async function publishDeadLetter(bus: Bus, letter: DeadLetter): Promise<void> {
  const { service, consumer, message } = letter;
  await bus.jetstream.publish(deadLetterSubject(service, consumer), message.data, {
    msgID: `${consumer}:${message.info.stream}:${message.seq}`,
    headers: natsHeaders({ ...ownHeaders(message), ...reasonHeaders(letter) }),
  });
}

function ownHeaders(message: JsMsg): Record<string, string> {
  if (!message.headers) return {};
  const kept = [...message.headers].filter(([name]) => !SERVER_HEADER.test(name));
  return Object.fromEntries(kept.map(([name, values]) => [name, values.at(-1) ?? '']));
}

function reasonHeaders({ message, reason, attempts }: DeadLetter): Record<string, string> {
  const isForeseen = reason instanceof DomainError;
  return {
    [DEAD_LETTER_HEADER.reason]: oneLine(reason instanceof Error ? reason.message : String(reason)),
    [DEAD_LETTER_HEADER.code]: isForeseen ? reason.code : 'defect',
    ...(isForeseen && reason.violations.length > 0
      ? { [DEAD_LETTER_HEADER.violations]: oneLine(JSON.stringify(reason.violations)) }
      : {}),
    [DEAD_LETTER_HEADER.subject]: message.subject,
    [DEAD_LETTER_HEADER.stream]: message.info.stream,
    [DEAD_LETTER_HEADER.sequence]: String(message.seq),
    [DEAD_LETTER_HEADER.attempts]: String(attempts),
  };
}

const MAX_HEADER_CHARACTERS = 2_000;

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, MAX_HEADER_CHARACTERS);
}
