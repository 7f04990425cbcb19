import { Database, migrate, PostgresEventStore, readModelDataSource, START, type Append } from '#libs/event-store';
import { correlationId, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, sequentialIds } from '#libs/testing';
import { connectBus, type Bus } from './bus.ts';
import { EventConsumer, type EventConsumerOptions } from './event-consumer.ts';
import type { IncomingEvent } from './incoming-event.ts';
import { LogInboxHandler } from './log-inbox-handler.ts';
import { BUS_MIGRATIONS } from './migrations/bus-migrations.ts';
import { eventOutlet } from './relay/publication.ts';
import { Relay, type RelayOptions } from './relay/relay.ts';
import { provisionStreams } from './provisioning/streams.ts';

export const LOG = 'agent';
export const STREAM = 'EVT_AGENT';
export const CONSUMER = 'health_evt_agent';

type Service = Readonly<{ database: Database; store: PostgresEventStore }>;

/** What happened to the published events on their way; empty lists mean: each one once, in the log's order. */
export type Deviations = Readonly<{
  lost: readonly number[];
  doubled: readonly number[];
  outOfOrder: readonly number[];
}>;

export const NO_DEVIATION: Deviations = { lost: [], doubled: [], outOfOrder: [] };

/** Compares the positions that should have arrived, in order, with those that did. */
export function deviations(expected: readonly number[], actual: readonly number[]): Deviations {
  const arrived = new Set(actual);
  return {
    lost: expected.filter((position) => !arrived.has(position)),
    doubled: actual.filter((position, index) => actual.indexOf(position) !== index),
    outOfOrder: actual.filter((position, index) => index > 0 && position < (actual[index - 1] ?? 0)),
  };
}

/**
 * Two services on a real Postgres with a real JetStream between them: `agent` tells of every counted number that is no
 * multiple of three, `health` notes each that it hears of in a table that would keep a double.
 */
export class BusFixture {
  readonly agent: Service;
  readonly health: Service;
  readonly failures: unknown[] = [];
  private readonly natsUrl: string;
  private readonly buses: Bus[] = [];
  private readonly running = new Set<{ stop: () => Promise<void> }>();
  private readonly drop: () => Promise<void>;

  private constructor(options: { agent: Service; health: Service; natsUrl: string; drop: () => Promise<void> }) {
    this.agent = options.agent;
    this.health = options.health;
    this.natsUrl = options.natsUrl;
    this.drop = options.drop;
  }

  /** Begins with new streams and new databases. */
  static async open(natsUrl: string): Promise<BusFixture> {
    const { url, drop } = await createTestDatabase();
    const agent = await openService(url, 'agent');
    const health = await openService(url, 'health');
    await health.database.query('create table applied (n bigserial, position bigint, number integer, instance text)');
    const fixture = new BusFixture({ agent, health, natsUrl, drop });
    const bus = await fixture.connect();
    for await (const { config } of bus.manager.streams.list()) await bus.manager.streams.delete(config.name);
    await provisionStreams(bus);
    return fixture;
  }

  /** A connection of one instance's own; the first one is the fixture's. */
  async connect(): Promise<Bus> {
    const bus = await connectBus({ url: this.natsUrl, name: `spec-${this.buses.length}` });
    this.buses.push(bus);
    return bus;
  }

  /** Gives the fixture a new connection of its own after a restart, rather than wait until the old one is back. */
  async reconnect(): Promise<void> {
    this.buses.unshift(await connectBus({ url: this.natsUrl, name: 'spec-again' }));
  }

  get bus(): Bus {
    const [first] = this.buses;
    if (!first) throw new Error('The fixture has no bus.');
    return first;
  }

  /** Appends numbers to a few streams of the agent's log, several to a commit. */
  async append(from: number, to: number): Promise<void> {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    await Promise.all(numbers.map((number) => this.agent.store.append(counted(number))));
  }

  relay(bus: Bus, options: Partial<RelayOptions> = {}, RelayClass: typeof Relay = Relay): Relay {
    const relay = new RelayClass({
      log: LOG,
      owner: 'spec',
      bus,
      ...this.agent,
      outlet: eventOutlet(LOG, STREAM, ({ data }) =>
        numberOf(data) % 3 === 0 ? undefined : { type: 'steward.agent.counted.v1', data: { number: numberOf(data) } },
      ),
      pollMs: 50,
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    this.running.add(relay);
    relay.start();
    return relay;
  }

  consumer(bus: Bus, options: Partial<EventConsumerOptions & { instance: string }> = {}): EventConsumer {
    const { handle, instance = 'a', ...rest } = options;
    const inbox = this.inbox(bus, { instance });
    const consumer = new EventConsumer({
      service: 'health',
      stream: STREAM,
      name: CONSUMER,
      owner: instance,
      bus,
      database: this.health.database,
      concurrency: 1,
      handle: handle ?? ((incoming) => inbox.apply(incoming)),
      skip: (buried) => inbox.skip(buried),
      onFailure: (error) => this.failures.push(error),
      ...rest,
    });
    this.running.add(consumer);
    consumer.start();
    return consumer;
  }

  /** The usual handler: notes the number in the transaction of the inbox, after `before` had its way. */
  inbox(
    bus: Bus,
    { instance = 'a', before }: { instance?: string; before?: (incoming: IncomingEvent) => unknown } = {},
  ): LogInboxHandler {
    return new LogInboxHandler({
      bus,
      ...this.health,
      stream: STREAM,
      consumer: CONSUMER,
      handle: async (incoming, transaction) => {
        await transaction.query('insert into applied (position, number, instance) values ($1, $2, $3)', [
          incoming.place?.position,
          numberOf(incoming.event.data),
          instance,
        ]);
        await before?.(incoming);
      },
    });
  }

  /** Ends it now rather than with the fixture. */
  async stop(one: { stop: () => Promise<void> }): Promise<void> {
    this.running.delete(one);
    await one.stop();
  }

  /** Positions that the agent tells of, in the log's order. */
  async published(): Promise<number[]> {
    const events = await this.agent.store.readAll({ after: START, limit: 100_000 });
    return events.flatMap(({ position, data }) => (numberOf(data) % 3 === 0 ? [] : [position]));
  }

  /** Positions whose effect is in health's table, in the order in which they came true. */
  async applied(): Promise<number[]> {
    const rows = await this.health.database.query<{ position: number }>('select position from applied order by n');
    return rows.map(({ position }) => position);
  }

  /** Positions in the stream, in its order. */
  async stored(): Promise<number[]> {
    const { state } = await this.bus.manager.streams.info(STREAM);
    const positions: number[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
      const message = await this.bus.manager.streams.getMessage(STREAM, { seq });
      if (message) positions.push(Number(message.header.get('Steward-Position')));
    }
    return positions;
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((one) => one.stop()));
    await Promise.all(this.buses.map((bus) => bus.connection.close()));
    await Promise.all([this.agent.database.close(), this.health.database.close()]);
    await this.drop();
  }
}

export function numberOf(data: unknown): number {
  return (data as { number: number }).number;
}

function counted(number: number): Append {
  return {
    tenant: tenantId('demo'),
    streamId: streamId('counter', `c ${number % 7}`),
    expected: 'any',
    events: [{ type: 'counted', typeVersion: 1, data: { number } }],
    metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
  };
}

async function openService(url: string, schema: string): Promise<Service> {
  const options = { url, schema, applicationName: schema, migrations: BUS_MIGRATIONS, entities: [] };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
  const database = new Database(options);
  return { database, store: new PostgresEventStore({ database, ids: sequentialIds() }) };
}
