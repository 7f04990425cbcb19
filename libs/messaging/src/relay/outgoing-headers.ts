import { MsgHdrsImpl, type MsgHdrs } from '@nats-io/transport-node';
import { HEADER } from './message-headers.ts';

/** What a message is stored after, or not at all. */
export type Expectation = Readonly<{ lastSequence: number } | { lastMsgID: string }>;

const encoder = new TextEncoder();

/** Written at once: built one by one, the headers of a message take longer than all the rest of it. */
class WrittenHeaders extends MsgHdrsImpl {
  private readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  override encode(): Uint8Array {
    return encoder.encode(this.text);
  }

  override toString(): string {
    return this.text;
  }
}

/** The headers with which the relay publishes; their values have no line breaks. */
export function outgoingHeaders(
  headers: Readonly<Record<string, string>>,
  id: string,
  expectation: Expectation,
): MsgHdrs {
  let text = `NATS/1.0\r\n${HEADER.messageId}: ${id}\r\n`;
  text +=
    'lastSequence' in expectation
      ? `Nats-Expected-Last-Sequence: ${expectation.lastSequence}\r\n`
      : `Nats-Expected-Last-Msg-Id: ${expectation.lastMsgID}\r\n`;
  for (const [name, value] of Object.entries(headers)) text += `${name}: ${value}\r\n`;
  return new WrittenHeaders(`${text}\r\n`);
}
