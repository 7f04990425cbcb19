import { headers, type MsgHdrs } from '@nats-io/transport-node';
import { HEADER, type Bus } from '#libs/messaging';
import { relayUntil, type PublishingService } from './publishing-service.ts';

/** A message as the relay published it, to the stream of the bare publisher. */
export type Template = Readonly<{ subject: string; headers: MsgHdrs; payload: Uint8Array }>;

/** As many as the relay has. */
export const WINDOW = 256;
/** The stream of the bare publisher: kept like the product's, and not the relay's, whose chain it would break. */
export const BARE = 'BARE';
const BARE_SUBJECTS = 'bar.>';

const MAX_TEMPLATES = 1_000;
/** The header that chains a message to the one before it. */
export const EXPECTED_LAST_ID = 'Nats-Expected-Last-Msg-Id';
const LAST_SEQUENCE = 'Nats-Expected-Last-Sequence';

/** Publishes what is in the log, and keeps the first messages of that. */
export async function templatesFrom(service: PublishingService): Promise<readonly Template[]> {
  const { stream, log, nats } = service;
  const count = Math.min(MAX_TEMPLATES, await log.store.head());
  await relayUntil(service, count);
  const templates: Template[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const message = await nats.bus.manager.streams.getMessage(stream, { seq });
    if (!message) throw new Error(`Message ${seq} of ${stream} is missing.`);
    const subject = message.subject.replace('evt.', 'bar.');
    templates.push({ subject, headers: copyOf(message.header), payload: message.data });
  }
  return templates;
}

/** Without the one that fits only the first message of all. */
function copyOf(original: MsgHdrs): MsgHdrs {
  const copy = headers();
  for (const [name, [value = '']] of original) if (name !== LAST_SEQUENCE) copy.set(name, value);
  return copy;
}

/** Puts an empty stream in the place of the bare publisher's, or makes it. */
export async function renewBareStream({ manager }: Bus, like: string): Promise<void> {
  const { config } = await manager.streams.info(like);
  await manager.streams.delete(BARE).catch(() => undefined); // the first time there is none
  await manager.streams.add({ ...config, name: BARE, subjects: [BARE_SUBJECTS] });
}

/**
 * Publishes messages like those of the relay and does nothing else: each has an id of its own, is chained to the one
 * before it where the relay's are, and waits for its acknowledgement. It begins with an empty stream.
 */
export class BarePublisher {
  private readonly bus: Bus;
  private readonly templates: readonly Template[];
  private published = 0;

  constructor(bus: Bus, templates: readonly Template[]) {
    this.bus = bus;
    this.templates = templates;
  }

  /** @returns its number, from 1, which stands in its header for the position */
  async publish(): Promise<number> {
    const template = this.templates[this.published % this.templates.length];
    if (!template) throw new Error('There is no message to publish.');
    const number = (this.published += 1);
    const { subject, headers: own, payload } = template;
    // The client writes them out before it returns, so that the next message may change them.
    own.set(HEADER.messageId, `bare:0:1:${number}`);
    own.set(HEADER.position, String(number));
    if (own.has(EXPECTED_LAST_ID)) own.set(EXPECTED_LAST_ID, number === 1 ? '' : `bare:0:1:${number - 1}`);
    await this.bus.jetstream.publish(subject, payload, { headers: own });
    return number;
  }

  /** So many, with a full window in flight. */
  async publishAll(count: number): Promise<void> {
    let begun = 0;
    await Promise.all(
      Array.from({ length: Math.min(WINDOW, count) }, async () => {
        while (begun < count) {
          begun += 1;
          await this.publish();
        }
      }),
    );
  }
}
