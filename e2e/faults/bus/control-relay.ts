import { setTimeout as delay } from 'node:timers/promises';
import { position } from '#libs/event-store';
import { eventOutlet, natsHeaders, outgoingMessage, provisionStreams } from '#libs/messaging';
import { publication } from './counted.ts';
import type { Service } from './service.ts';
import { PRODUCER } from './tables.ts';

const PAUSE_MS = 20;
const RETRY_MS = 200;
const PAGE = 100;
const TABLE = 'create table if not exists control_relay (one integer primary key, checkpoint bigint not null)';
const BEGIN = 'insert into control_relay values (1, 0) on conflict do nothing';

/**
 * A relay that goes on from where it remembers to have been, as many do: it never looks at what the broker holds. The only one
 * of its log, since it needs no lease for what it shows.
 */
export class ControlRelay {
  private readonly service: Service;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(service: Service) {
    this.service = service;
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { database, complain, bus } = this.service;
    await database.query(TABLE);
    await database.query(BEGIN);
    while (!this.stopping.signal.aborted) {
      try {
        await this.step();
      } catch (error) {
        complain(error);
        await delay(RETRY_MS);
        // A broker that was emptied has to be provisioned before anything can be published.
        if (bus.isConnected) await provisionStreams(bus).catch(complain);
      }
    }
  }

  private async step(): Promise<void> {
    const { database, store, bus } = this.service;
    const [row] = await database.query<{ checkpoint: number }>('select checkpoint from control_relay');
    const after = position(row?.checkpoint ?? 0);
    const events = await store.readAll({ after, limit: PAGE });
    const outlet = eventOutlet(PRODUCER, 'EVT_AGENT', publication);
    for (const event of events) {
      const message = outgoingMessage({ log: PRODUCER, epoch: 1, outlet, event, previous: after });
      if (message)
        await bus.jetstream.publish(message.subject, message.body, { headers: natsHeaders(message.headers) });
      await database.query('update control_relay set checkpoint = $1', [event.position]);
    }
    if (events.length === 0) await delay(PAUSE_MS);
  }
}
