import { createInbox, MsgHdrsImpl, type Msg } from '@nats-io/transport-node';
import { HEADER, type Bus } from '#libs/messaging';
import { EXPECTED_LAST_ID, WINDOW, type Template } from './bare-publisher.ts';

/** Headers of a message that are the same each time it is sent, as they are written. */
type Written = Readonly<{ subject: string; payload: Uint8Array; rest: string; isChained: boolean }>;

const encoder = new TextEncoder();
const CHANGED: ReadonlySet<string> = new Set([HEADER.messageId, HEADER.position, EXPECTED_LAST_ID]);
/** A full window is filled again when so many are on their way, so that the server is never without work. */
const REFILL_AT = WINDOW * 0.75;

/**
 * The same messages as the other bare publisher's, without the client's bookkeeping for each: headers are written at once,
 * and answers are only counted. Nothing that waits for acknowledgements can be much faster.
 */
export class PlainPublisher {
  private readonly bus: Bus;
  private readonly messages: readonly Written[];

  constructor(bus: Bus, templates: readonly Template[]) {
    this.bus = bus;
    this.messages = templates.map(({ subject, headers, payload }) => ({
      subject,
      payload,
      isChained: headers.has(EXPECTED_LAST_ID),
      rest: [...headers]
        .filter(([name]) => !CHANGED.has(name))
        .map(([name, [value = '']]) => `${name}: ${value}\r\n`)
        .join(''),
    }));
  }

  /** So many, with a full window in flight. @throws when the server refuses one, or says nothing for too long */
  async publishAll(count: number): Promise<void> {
    const { connection } = this.bus;
    const inbox = createInbox();
    const done = Promise.withResolvers<undefined>();
    let [sent, answered] = [0, 0];
    const send = (): void => {
      while (sent < count && sent - answered < WINDOW) this.send((sent += 1), inbox);
    };
    const subscription = connection.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        const refusal = error?.message ?? refusalIn(message);
        if (refusal !== undefined) done.reject(new Error(`A message was not stored: ${refusal}`));
        answered += 1;
        if (answered === count) done.resolve(undefined);
        else if (sent - answered <= REFILL_AT) send();
      },
    });
    try {
      send();
      await done.promise;
    } finally {
      subscription.unsubscribe();
    }
  }

  private send(number: number, inbox: string): void {
    const message = this.messages[(number - 1) % this.messages.length];
    if (!message) throw new Error('There is no message to publish.');
    const { subject, payload, rest, isChained } = message;
    const chain = isChained && number > 1 ? `${EXPECTED_LAST_ID}: bare:0:1:${number - 1}\r\n` : '';
    const text = `NATS/1.0\r\n${HEADER.messageId}: bare:0:1:${number}\r\n${chain}${HEADER.position}: ${number}\r\n${rest}\r\n`;
    this.bus.connection.publish(subject, payload, { headers: new WrittenHeaders(text), reply: `${inbox}.${number}` });
  }
}

class WrittenHeaders extends MsgHdrsImpl {
  private readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  override encode(): Uint8Array {
    return encoder.encode(this.text);
  }
}

function refusalIn(message: Msg): string | undefined {
  const text = message.string();
  return text.includes('"seq"') && !text.includes('"error"') ? undefined : text || 'no stream takes it';
}
