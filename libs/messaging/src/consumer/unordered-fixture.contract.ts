import { businessSubject } from '#libs/contracts';
import { Database, migrate, readModelDataSource } from '#libs/event-store';
import { anItemRegistered, createTestDatabase, startFaultProxy, type FaultProxy } from '#libs/testing';
import { connectBus, type Bus } from '../bus.ts';
import { BUS_MIGRATIONS } from '../migrations/bus-migrations.ts';
import { ensureStream, provisionStreams } from '../provisioning/streams.ts';
import { UnorderedConsumer, type UnorderedConsumerOptions } from './unordered-consumer.ts';

export const CONSUMER = 'agent_business';
export const SUBJECT = businessSubject('demo', 'steward.inventory.item-registered.v1');

/** Instances of a service that take messages of business systems, on a real Postgres behind a network that can break. */
export class UnorderedFixture {
  readonly failures: unknown[] = [];
  /** Not through the network that breaks. */
  readonly database: Database;
  readonly proxy: FaultProxy;
  private readonly natsUrl: string;
  private readonly throughProxy: string;
  private readonly drop: () => Promise<void>;
  private readonly databases: Database[] = [];
  private readonly buses: Bus[] = [];
  private readonly running = new Set<UnorderedConsumer>();

  private constructor(options: { url: string; natsUrl: string; proxy: FaultProxy; drop: () => Promise<void> }) {
    this.natsUrl = options.natsUrl;
    this.proxy = options.proxy;
    this.drop = options.drop;
    const throughProxy = new URL(options.url);
    throughProxy.hostname = '127.0.0.1';
    throughProxy.port = String(options.proxy.port);
    this.throughProxy = throughProxy.href;
    this.database = this.openDatabase(options.url);
  }

  /** Begins with new streams and a new database. */
  static async open(natsUrl: string): Promise<UnorderedFixture> {
    const { url, drop } = await createTestDatabase();
    const { hostname, port } = new URL(url);
    const proxy = await startFaultProxy({ targetHost: hostname, targetPort: Number(port) });
    const setUp = { url, schema: 'agent', applicationName: 'spec', migrations: BUS_MIGRATIONS, entities: [] };
    const dataSource = await readModelDataSource(setUp).initialize();
    await migrate(dataSource, setUp);
    await dataSource.destroy();
    const fixture = new UnorderedFixture({ url, natsUrl, proxy, drop });
    const bus = await fixture.connect();
    for await (const { config } of bus.manager.streams.list()) await bus.manager.streams.delete(config.name);
    await provisionStreams(bus);
    return fixture;
  }

  async connect(): Promise<Bus> {
    const bus = await connectBus({ url: this.natsUrl, name: `spec-${this.buses.length}` });
    this.buses.push(bus);
    return bus;
  }

  /** A connection of the fixture's own after a restart of the server, rather than wait until the old one is back. */
  async reconnect(): Promise<void> {
    this.buses.unshift(await connectBus({ url: this.natsUrl, name: 'spec-again' }));
  }

  get bus(): Bus {
    const [first] = this.buses;
    if (!first) throw new Error('The fixture has no bus.');
    return first;
  }

  /** An instance with connections of its own. */
  async consumer(options: Pick<UnorderedConsumerOptions, 'handle'> & Partial<UnorderedConsumerOptions>) {
    const bus = await this.connect();
    const consumer = new UnorderedConsumer({
      service: 'agent',
      stream: 'BUSINESS',
      name: CONSUMER,
      bus,
      database: this.openDatabase(this.throughProxy),
      ensureStream: () => ensureStream(bus, 'BUSINESS'),
      retry: { firstMs: 20, attempts: 3 },
      onFailure: (error) => this.failures.push(error),
      ...options,
    });
    this.running.add(consumer);
    consumer.start();
    return consumer;
  }

  /** Connections of a handler's own, which break as the consumer's do. */
  newDatabase(): Database {
    return this.openDatabase(this.throughProxy);
  }

  /** Makes the streams that are missing. */
  async provision(): Promise<void> {
    await provisionStreams(this.bus);
  }

  /** Publishes an event as a business system does. */
  async publish(id: string): Promise<void> {
    await this.publishBytes(JSON.stringify(anItemRegistered('OIL', { id })));
  }

  async publishBytes(payload: string | Uint8Array): Promise<void> {
    await this.bus.jetstream.publish(SUBJECT, payload);
  }

  /** What is put aside, the oldest first. */
  parked(): Promise<Record<string, unknown>[]> {
    return this.database.query(
      'select state, attempts, code, stream_key, tenant, slot, position, payload from parked_messages order by id',
    );
  }

  /** Makes a dead message be tried again, as `POST /v1/dead-letters/:id/redrive` does. */
  async redrive(): Promise<void> {
    await this.database.query(
      `update parked_messages set state = 'retrying', attempts = 0, next_attempt_at = clock_timestamp() where state = 'dead'`,
    );
    this.bus.publish('parked.agent', '');
  }

  /** Payloads of the stream DEAD_LETTERS. */
  async deadLetters(): Promise<Uint8Array[]> {
    const { state } = await this.bus.manager.streams.info('DEAD_LETTERS');
    const letters: Uint8Array[] = [];
    for (let seq = 1; seq <= state.last_seq; seq += 1) {
      const letter = await this.bus.manager.streams.getMessage('DEAD_LETTERS', { seq });
      if (letter) letters.push(letter.data);
    }
    return letters;
  }

  /** Messages that the server waits to be acknowledged, and that it has not delivered. */
  async open(): Promise<Readonly<{ unacknowledged: number; undelivered: number }>> {
    const { num_ack_pending, num_pending } = await this.bus.manager.consumers.info('BUSINESS', CONSUMER);
    return { unacknowledged: num_ack_pending, undelivered: num_pending };
  }

  /** Ends it now rather than with the fixture. */
  async stop(consumer: UnorderedConsumer): Promise<void> {
    this.running.delete(consumer);
    await consumer.stop();
  }

  async close(): Promise<void> {
    await this.proxy.heal();
    await Promise.all([...this.running].map((one) => one.stop()));
    await Promise.all(this.buses.map((bus) => bus.connection.close()));
    await Promise.all(this.databases.map((database) => database.close()));
    await this.proxy.close();
    await this.drop();
  }

  private openDatabase(url: string): Database {
    const database = new Database({ url, schema: 'agent', applicationName: 'spec' });
    this.databases.push(database);
    return database;
  }
}
