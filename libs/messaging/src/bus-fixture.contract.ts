import {
  Database,
  migrate,
  PostgresEventStore,
  readModelDataSource,
  START,
  type Append,
  type Transaction,
} from '#libs/event-store';
import { correlationId, SLOT_COUNT, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, sequentialIds } from '#libs/testing';
import { connectBus, type Bus } from './bus.ts';
import { LogConsumer } from './consumer/log-consumer.ts';
import type { LogConsumerOptions } from './consumer/log-consumer-options.ts';
import type { IncomingEvent } from './incoming-event.ts';
import { BUS_MIGRATIONS } from './migrations/bus-migrations.ts';
import { eventOutlet } from './relay/publication.ts';
import type { RelayOptions } from './relay/relay-options.ts';
import { Relay } from './relay/relay.ts';
import { ensureStream, provisionStreams } from './provisioning/streams.ts';
import { PublishedEventsAnswerer } from './relay/answer-published-events.ts';
import { SlotLeases } from './slots/slot-leases.ts';

export const LOG = 'agent';
export const STREAM = 'EVT_AGENT';
export const CONSUMER = 'health_evt_agent';

/** Of three numbers two are told. */
export const OUTLET = eventOutlet(LOG, STREAM, ({ data }) =>
  numberOf(data) % 3 === 0 ? undefined : { type: 'steward.agent.counted.v1', data: { number: numberOf(data) } },
);

type ConsumerExtras = Readonly<{
  instance?: string;
  before?: (incoming: IncomingEvent, transaction: Transaction) => unknown;
  ttlMs?: number;
  /** Holds all slots with this fence from the start, and renews nothing: as a paused process would. */
  fence?: number;
}>;

/** An instance with its slots. */
export type RunningConsumer = Readonly<{ consumer: LogConsumer; stop: () => Promise<void> }>;

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
    await health.database.query(
      'create table applied (n bigserial, position bigint, number integer, instance text, stream text)',
    );
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

  /** Appends one number to a stream of its own. */
  async appendTo(stream: string, number: number): Promise<void> {
    await this.agent.store.append(counted(number, stream));
  }

  /** Makes the streams that are missing. */
  async provision(): Promise<void> {
    await provisionStreams(this.bus);
  }

  relay(bus: Bus, options: Partial<RelayOptions> = {}, RelayClass: typeof Relay = Relay): Relay {
    const relay = new RelayClass({
      log: LOG,
      owner: 'spec',
      bus,
      ...this.agent,
      outlet: OUTLET,
      pollMs: 50,
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    this.running.add(relay);
    relay.start();
    return relay;
  }

  /** Answers for the agent's log, as the service does beside its relay. */
  answer(bus: Bus): PublishedEventsAnswerer {
    const answerer = new PublishedEventsAnswerer({
      log: LOG,
      bus,
      ...this.agent,
      outlets: [OUTLET],
      onFailure: (error) => this.failures.push(error),
    });
    this.running.add(answerer);
    answerer.start();
    return answerer;
  }

  /** An instance of health: it notes each number in the transaction of the inbox, after `before` had its way. */
  consumer(
    bus: Bus,
    { instance = 'a', before, ttlMs, fence, ...options }: Partial<LogConsumerOptions> & ConsumerExtras = {},
  ): RunningConsumer {
    const consumer = new LogConsumer({
      service: 'health',
      log: LOG,
      stream: STREAM,
      name: CONSUMER,
      bus,
      ...this.health,
      ensureStream: () => ensureStream(bus, STREAM),
      retry: { firstMs: 20, attempts: 4 },
      handle: async (incoming, transaction) => {
        await transaction.query('insert into applied (position, number, instance, stream) values ($1, $2, $3, $4)', [
          incoming.place?.position,
          numberOf(incoming.event.data),
          instance,
          incoming.event.subject,
        ]);
        await before?.(incoming, transaction);
      },
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    const leases = fence === undefined ? this.slots(bus, { consumer, instance, ttlMs }) : undefined;
    const running = {
      consumer,
      stop: async () => {
        await consumer.stopPulling();
        await leases?.stop();
        await consumer.stop();
      },
    };
    this.running.add(running);
    consumer.start();
    leases?.start();
    if (fence !== undefined) consumer.gain(Array.from({ length: SLOT_COUNT }, (_, slot) => ({ slot, fence })));
    return running;
  }

  private slots(
    bus: Bus,
    { consumer, instance, ttlMs }: { consumer: LogConsumer; instance: string; ttlMs: number | undefined },
  ): SlotLeases {
    return new SlotLeases({
      ...this.health,
      bus,
      group: 'health',
      owner: instance,
      holders: [consumer],
      onFailure: (error) => this.failures.push(error),
      ...(ttlMs === undefined ? {} : { ttlMs }),
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

  /** What is lost or doubled, and the streams whose effects came true in another order than their events. */
  async deviations(): Promise<Deviations> {
    const rows = await this.health.database.query<{ position: number; stream: string }>(
      'select position, stream from applied order by n',
    );
    const perStream = Map.groupBy(rows, ({ stream }) => stream);
    const applied = rows.map(({ position }) => position).toSorted((one, other) => one - other);
    return {
      ...deviations(await this.published(), applied),
      outOfOrder: [...perStream.values()].flatMap(
        (effects) =>
          deviations(
            [],
            effects.map(({ position }) => position),
          ).outOfOrder,
      ),
    };
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

function counted(number: number, stream = `c ${number % 7}`): Append {
  return {
    tenant: tenantId('demo'),
    streamId: streamId('counter', stream),
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
