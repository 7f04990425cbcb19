import { setTimeout as delay } from 'node:timers/promises';
import { AckPolicy, DeliverPolicy, type JsMsg } from '@nats-io/jetstream';
import { parseStructured } from '#libs/contracts';
import type { Transaction } from '#libs/event-store';
import { HEADER } from '#libs/messaging';
import { handleCounted, type Delivered } from './handle-counted.ts';
import type { Service } from './service.ts';

const STREAM = 'EVT_AGENT';
const PAUSE_MS = 200;
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const INBOX = 'create table if not exists control_inbox (event uuid primary key)';
const TAKE = 'insert into control_inbox (event) values ($1) on conflict do nothing returning event';

/**
 * A consumer as many are written: it applies what JetStream brings, in its order, and asks nobody for what does not come.
 * It shows what the run and its checker see when a guarantee is missing.
 */
export class ControlConsumer {
  private readonly service: Service;
  private readonly hasInbox: boolean;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  /** @param hasInbox whether it remembers, in the transaction of the effect, what it has applied */
  constructor(service: Service, { hasInbox }: { hasInbox: boolean }) {
    this.service = service;
    this.hasInbox = hasInbox;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        await this.consume();
      } catch (error) {
        this.service.complain(error);
        await delay(PAUSE_MS);
      }
    }
  }

  private async consume(): Promise<void> {
    const { bus, database } = this.service;
    await database.query(INBOX);
    await bus.manager.consumers.add(STREAM, {
      ...{ durable_name: 'control', ack_policy: AckPolicy.Explicit, deliver_policy: DeliverPolicy.All },
      ack_wait: 5 * NANOSECONDS_PER_SECOND,
    });
    const consumer = await bus.jetstream.consumers.get(STREAM, 'control');
    while (!this.stopping.signal.aborted) {
      for await (const message of await consumer.fetch({ max_messages: 50, expires: 1_000 })) await this.apply(message);
    }
  }

  private async apply(message: JsMsg): Promise<void> {
    const { store, instance } = this.service;
    const delivered = deliveredBy(message);
    await store.transaction(async (transaction) => {
      if (this.hasInbox && !(await isNew(transaction, delivered.event.id))) return;
      await handleCounted(delivered, transaction, instance);
    });
    message.ack();
  }
}

async function isNew(transaction: Transaction, event: string): Promise<boolean> {
  return (await transaction.query(TAKE, [event])).length > 0;
}

function deliveredBy(message: JsMsg): Delivered {
  const number = (name: string): number => Number(message.headers?.get(name));
  return {
    event: parseStructured(message.json()),
    place: { position: number(HEADER.position), epoch: number(HEADER.epoch) },
  };
}
