import { RetentionPolicy, StorageType, type StreamConfig } from '@nats-io/jetstream';
import { STREAM_SUBJECTS } from '#libs/contracts';
import {
  beginEpoch,
  Database,
  migrate,
  PostgresEventStore,
  readModelDataSource,
  START,
  type RecordedEvent,
} from '#libs/event-store';
import { correlationId, MINUTE_MS, streamId, tenantId } from '#libs/kernel';
import { createTestDatabase, execute, sequentialIds } from '#libs/testing';
import { connectBus, type Bus } from '../bus.ts';
import { BUS_MIGRATIONS } from '../migrations/bus-migrations.ts';
import { HEADER, placeOfMessageId } from './message-headers.ts';
import { eventOutlet } from './publication.ts';
import type { RelayOptions } from './relay-options.ts';
import { Relay } from './relay.ts';

export const LOG = 'agent';
export const STREAM = 'EVT_AGENT';
export const OUTLET = eventOutlet(LOG, STREAM, ({ data }) =>
  numberOf(data) % 3 === 0 ? undefined : { type: 'steward.agent.counted.v1', data: { number: numberOf(data) } },
);

const NANOSECONDS_PER_MS = 1_000_000;

/** A message as it stands in the stream. */
export type StoredMessage = Readonly<{
  sequence: number;
  position: number;
  epoch: number;
  slot: number;
  previous: number;
  messageId: string;
  eventId: unknown;
}>;

/** What is wrong with the stream as a copy of the log; empty lists mean: nothing. */
export type Deviations = Readonly<
  Record<'lost' | 'doubled' | 'outOfOrder' | 'otherEvent' | 'brokenChain', readonly number[]>
>;

export const NO_DEVIATION: Deviations = { lost: [], doubled: [], outOfOrder: [], otherEvent: [], brokenChain: [] };

/** The log of one service on a real Postgres, with real JetStream to publish it to. */
export class RelayFixture {
  readonly failures: unknown[] = [];
  readonly refills: number[] = [];
  readonly lags: number[] = [];
  database: Database;
  store: PostgresEventStore;
  readonly url: string;
  private readonly natsUrl: string;
  private readonly buses: Bus[] = [];
  private readonly databases: Database[] = [];
  private readonly running = new Set<Relay>();
  private readonly drop: () => Promise<void>;

  private constructor(options: { url: string; natsUrl: string; drop: () => Promise<void> }) {
    this.url = options.url;
    this.natsUrl = options.natsUrl;
    this.drop = options.drop;
    [this.database, this.store] = this.openStore();
  }

  /** Begins with an empty stream and an empty log. */
  static async open(natsUrl: string): Promise<RelayFixture> {
    const { url, drop } = await createTestDatabase();
    const setUp = { url, schema: LOG, applicationName: LOG, migrations: BUS_MIGRATIONS, entities: [] };
    const dataSource = await readModelDataSource(setUp).initialize();
    await migrate(dataSource, setUp);
    await dataSource.destroy();
    const fixture = new RelayFixture({ url, natsUrl, drop });
    const bus = await fixture.connect();
    for await (const { config } of bus.manager.streams.list()) await bus.manager.streams.delete(config.name);
    await fixture.makeStream();
    return fixture;
  }

  async connect(url = this.natsUrl): Promise<Bus> {
    const bus = await connectBus({ url, name: `spec-${this.buses.length}` });
    this.buses.push(bus);
    return bus;
  }

  get bus(): Bus {
    const [first] = this.buses;
    if (!first) throw new Error('The fixture has no bus.');
    return first;
  }

  /** A connection of the fixture's own after a restart of the server, rather than wait until the old one is back. */
  async reconnect(): Promise<void> {
    this.buses.unshift(await connectBus({ url: this.natsUrl, name: 'spec-again' }));
  }

  /** Another process on the same log: it does not know what this one believed of it. */
  reopenStore(): void {
    [this.database, this.store] = this.openStore();
  }

  async makeStream(config: Partial<StreamConfig> = {}): Promise<void> {
    await this.bus.manager.streams.add({
      name: STREAM,
      subjects: [STREAM_SUBJECTS[STREAM]],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      duplicate_window: 2 * MINUTE_MS * NANOSECONDS_PER_MS,
      ...config,
    });
  }

  /** Appends numbers to some streams of the log, several to a commit. Those that 3 divides are private. */
  async append(from: number, to: number): Promise<void> {
    const numbers = Array.from({ length: to - from }, (_, index) => from + index);
    await Promise.all(
      numbers.map((number) =>
        this.store.append({
          tenant: tenantId('demo'),
          streamId: streamId('counter', `c ${number % 29}`),
          expected: 'any',
          events: [{ type: 'counted', typeVersion: 1, data: { number } }],
          metadata: { correlationId: correlationId('c-1'), actor: 'spec', occurredAt: '2026-01-01T12:00:00.000Z' },
        }),
      ),
    );
  }

  relay(bus: Bus, options: Partial<RelayOptions> = {}, RelayClass: typeof Relay = Relay): Relay {
    const relay = new RelayClass({
      log: LOG,
      owner: 'spec',
      bus,
      database: this.database,
      store: this.store,
      outlet: OUTLET,
      ensureStream: () => this.makeStream(),
      pollMs: 50,
      watchMs: 200,
      onFailure: (error) => this.failures.push(error),
      onRefill: (from) => this.refills.push(from),
      onLag: (lag) => this.lags.push(lag),
      ...options,
    });
    this.running.add(relay);
    relay.start();
    return relay;
  }

  /** Ends it now rather than with the fixture. */
  async stop(relay: Relay): Promise<void> {
    this.running.delete(relay);
    await relay.stop();
  }

  /** Takes the log back, as a restore of a backup does: what lay beyond is gone, and a new life begins. */
  async restoreTo(last: number): Promise<void> {
    await execute(
      this.url,
      `set search_path = ${LOG}; set session_replication_role = replica;
       begin;
       delete from events where position > ${last};
       delete from streams s where not exists (select from events e where e.tenant = s.tenant and e.stream_id = s.stream_id);
       update streams s set (version, last_position) =
         (select max(stream_version), max(position) from events e where e.tenant = s.tenant and e.stream_id = s.stream_id);
       update lanes set position = ${last}, hash = (select hash from events where position = ${last});
       select begin_epoch('restored');
       commit`,
    );
    this.reopenStore();
  }

  beginEpoch(): Promise<unknown> {
    return beginEpoch(this.database, 'spec');
  }

  /** What the stream should hold, in the log's order. */
  async published(): Promise<RecordedEvent[]> {
    const events = await this.store.readAll({ after: START, limit: 1_000_000 });
    return events.filter(({ data }) => numberOf(data) % 3 !== 0);
  }

  /** What the stream holds, in its order. */
  async stored(): Promise<StoredMessage[]> {
    const { state } = await this.bus.manager.streams.info(STREAM);
    const stored: StoredMessage[] = [];
    if (state.messages === 0) return stored;
    const consumer = await this.bus.jetstream.consumers.get(STREAM);
    // To the last one, which may be deleted meanwhile: then a fetch brings nothing.
    for (let pending = state.messages, brought = 1; pending > 0 && brought > 0; pending -= brought) {
      brought = 0;
      const messages = await consumer.fetch({ max_messages: Math.min(pending, 500), expires: 1_000 });
      for await (const message of messages) {
        const header = (name: string): string => message.headers?.get(name) ?? '';
        stored.push({
          sequence: message.seq,
          position: Number(header(HEADER.position)),
          epoch: Number(header(HEADER.epoch)),
          slot: Number(header(HEADER.slot)),
          previous: Number(header(HEADER.previousPosition)),
          messageId: header(HEADER.messageId),
          eventId: message.json<{ id?: unknown }>().id,
        });
        brought += 1;
      }
    }
    return stored;
  }

  /** Compares all of the stream with all of the log. */
  async deviations(from = 0): Promise<Deviations> {
    const published = (await this.published()).filter(({ position: at }) => at > from);
    const stored = await this.stored();
    return deviations(published, stored);
  }

  /** Whether the newest event that is no private one is in the stream. */
  async isThrough(): Promise<boolean> {
    const newest = (await this.published()).at(-1);
    const { state } = await this.bus.manager.streams.info(STREAM);
    if (state.messages === 0) return newest === undefined;
    const last = await this.bus.manager.streams.getMessage(STREAM, { seq: state.last_seq });
    const body: unknown = last?.json();
    return (body as { id?: unknown } | undefined)?.id === newest?.id;
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((relay) => relay.stop()));
    await Promise.all(this.buses.map((bus) => bus.connection.close()));
    await Promise.all(this.databases.map((database) => database.close()));
    await this.drop();
  }

  private openStore(): [Database, PostgresEventStore] {
    const database = new Database({ url: this.url, schema: LOG, applicationName: `spec-${this.databases.length}` });
    const store = new PostgresEventStore({ database, ids: sequentialIds(this.databases.length) });
    this.databases.push(database);
    return [database, store];
  }
}

export function deviations(published: readonly RecordedEvent[], stored: readonly StoredMessage[]): Deviations {
  const positions = new Set(stored.map(({ position: at }) => at));
  const eventIds = new Map(published.map(({ position: at, id }) => [Number(at), String(id)]));
  const seen = new Set<number>();
  const bySlot = Map.groupBy(published, ({ slot }) => slot);
  const isGapBefore = ({ slot, previous, position: at }: StoredMessage): boolean =>
    (bySlot.get(slot) ?? []).some((event) => event.position > previous && event.position < at);
  const isMisnamed = ({ messageId, epoch, position: at }: StoredMessage): boolean => {
    const place = placeOfMessageId(messageId, LOG, 0);
    return place?.epoch !== epoch || place.position !== at;
  };
  return {
    lost: published.map(({ position: at }) => Number(at)).filter((at) => !positions.has(at)),
    doubled: stored.map(({ position: at }) => at).filter((at) => seen.has(at) || !seen.add(at)),
    outOfOrder: stored
      .filter((one, index) => one.position < (stored[index - 1]?.position ?? 0))
      .map(({ position: at }) => at),
    otherEvent: stored.filter((one) => one.eventId !== eventIds.get(one.position)).map(({ position: at }) => at),
    brokenChain: stored
      .filter((one) => isMisnamed(one) || one.previous >= one.position || isGapBefore(one))
      .map(({ position: at }) => at),
  };
}

export function numberOf(data: unknown): number {
  return (data as { number: number }).number;
}
