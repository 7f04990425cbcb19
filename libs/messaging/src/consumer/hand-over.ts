import { headerValues, natsHeaders, type Bus, type BusHeaders } from '../bus.ts';
import { payloadOf, type RawMessage } from '../incoming-event.ts';
import type { Delivery } from './delivered-event.ts';

export type HandOverOptions = Readonly<{
  bus: Bus;
  group: string;
  consumer: string;
  /** A message that another instance pulled, of a slot that this one holds. */
  onMessage: (message: RawMessage, delivery: Delivery) => void;
}>;

/** The subject of the message itself, which travels on the slot's. */
const SUBJECT = 'Steward-Subject';
/** Where it is acknowledged: a server drops messages of clients that name it as their reply subject. */
const ACKNOWLEDGE_TO = 'Steward-Acknowledge-To';

/**
 * Brings messages to the instance that holds their slot. Plain NATS: one that gets lost is found missing, and asked for
 * from the log. Whoever gets a message acknowledges it to the broker, wherever it was pulled.
 */
export class HandOver {
  private readonly options: HandOverOptions;
  private readonly subscriptions = new Map<number, () => void>();

  constructor(options: HandOverOptions) {
    this.options = options;
  }

  /** Takes messages of these slots from now on. */
  open(slots: readonly number[]): void {
    for (const slot of slots) {
      if (!this.subscriptions.has(slot)) this.subscriptions.set(slot, this.subscribe(slot));
    }
  }

  close(slots: readonly number[]): void {
    for (const slot of slots) {
      this.subscriptions.get(slot)?.();
      this.subscriptions.delete(slot);
    }
  }

  /** Gives a message to whoever holds its slot. */
  give(slot: number, { subject, headers, body, bytes }: RawMessage, reply: string): void {
    const { connection } = this.options.bus;
    if (connection.isClosed()) return;
    connection.publish(this.subjectOf(slot), bytes ?? body, {
      headers: natsHeaders({ ...withoutServerHeaders(headers), [SUBJECT]: subject, [ACKNOWLEDGE_TO]: reply }),
    });
  }

  private subjectOf(slot: number): string {
    const { group, consumer } = this.options;
    return `slot.${group}.${consumer}.${slot}`;
  }

  private subscribe(slot: number): () => void {
    const { bus, onMessage } = this.options;
    const subscription = bus.connection.subscribe(this.subjectOf(slot), {
      callback: (error, message) => {
        if (error) return; // the connection says so itself, and what was missed is asked for after the reconnect
        const values = headerValues(message.headers);
        const { [SUBJECT.toLowerCase()]: subject, [ACKNOWLEDGE_TO.toLowerCase()]: reply, ...headers } = values;
        const raw = { subject: subject ?? message.subject, headers, ...payloadOf(message.data) };
        onMessage(raw, deliveryBy(bus, reply ?? ''));
      },
    });
    return () => {
      subscription.unsubscribe();
    };
  }
}

/** What steers a server is not passed on: the message is stored already. */
function withoutServerHeaders(headers: BusHeaders): BusHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('nats-')));
}

/** What JetStream understands on a message's reply subject. */
const ACKNOWLEDGEMENT = { ack: '+ACK', extend: '+WPI', giveBack: '-NAK' } as const;

function deliveryBy({ connection }: Bus, reply: string): Delivery {
  const tell = (what: keyof typeof ACKNOWLEDGEMENT) => (): void => {
    if (reply !== '' && !connection.isClosed()) connection.publish(reply, ACKNOWLEDGEMENT[what]);
  };
  return { ack: tell('ack'), extend: tell('extend'), giveBack: tell('giveBack') };
}
