import { parseStructured, type CloudEvent, type StreamName } from '#libs/contracts';
import {
  currentEpoch,
  Database,
  migrate,
  position,
  PostgresEventStore,
  readModelDataSource,
  type EventMetadata,
  type Position,
} from '#libs/event-store';
import { correlationId, tenantId, type StreamId } from '#libs/kernel';
import {
  BUS_MIGRATIONS,
  ensureStream,
  eventOutlet,
  natsHeaders,
  outgoingMessage,
  PublishedEventsAnswerer,
  Relay,
  type Bus,
  type Outlet,
  type OutgoingMessage,
} from '#libs/messaging';
import { sequentialIds } from './sequential-ids.ts';
import { createTestDatabase } from './test-database.ts';

export type ProducingLogOptions = Readonly<{
  bus: Bus;
  /** The service that is played, and its stream: `agent`, `EVT_AGENT`. */
  service: string;
  stream: StreamName;
}>;

/** Of which stream the event is, and what it carries beside its data. */
export type ToldAbout = Readonly<{
  stream: StreamId;
  /** @default 'told' */
  correlationId?: string;
  traceparent?: string;
}>;

/** What was told, and where in the log it stands. */
export type Told = Readonly<{ event: CloudEvent; position: Position }>;

const TENANT = tenantId('demo');
const TOLD_AT = '2026-11-22T10:00:00.000Z';

/**
 * Another service, as far as the bus knows it: a real log in a database of its own, whose relay publishes it and which
 * answers for what it published. Each event is told under the type that it is appended with, as tenant `demo`.
 */
export class ProducingLog {
  /** What its relay and its answers met with; a server that is stopped on purpose makes some. */
  readonly failures: unknown[] = [];
  private readonly options: ProducingLogOptions;
  private readonly database: Database;
  private readonly drop: () => Promise<void>;
  private readonly store: PostgresEventStore;
  private readonly outlet: Outlet;
  private readonly relay: Relay;
  private readonly answerer: PublishedEventsAnswerer;
  private copies = 0;

  private constructor(options: ProducingLogOptions, database: Database, drop: () => Promise<void>) {
    const { bus, service: log, stream } = options;
    this.options = options;
    this.database = database;
    this.drop = drop;
    this.store = new PostgresEventStore({ database, ids: sequentialIds(7) });
    this.outlet = eventOutlet(log, stream, ({ type, data }) =>
      typeof data === 'object' && data !== null ? { type, data } : undefined,
    );
    const common = { log, bus, database, store: this.store, onFailure: (error: unknown) => this.failures.push(error) };
    this.relay = new Relay({
      ...common,
      owner: 'spec',
      outlet: this.outlet,
      ensureStream: () => ensureStream(bus, stream),
    });
    this.answerer = new PublishedEventsAnswerer({ ...common, outlets: [this.outlet] });
  }

  /** Publishes from here on. Close it before the bus. */
  static async open(options: ProducingLogOptions): Promise<ProducingLog> {
    const { url, drop } = await createTestDatabase();
    const setUp = { url, schema: options.service, applicationName: 'spec', migrations: BUS_MIGRATIONS, entities: [] };
    const dataSource = await readModelDataSource(setUp).initialize();
    await migrate(dataSource, setUp);
    await dataSource.destroy();
    const log = new ProducingLog(options, new Database(setUp), drop);
    log.relay.start();
    log.answerer.start();
    return log;
  }

  /** Appends an event, and so tells it: the relay publishes it soon. */
  async tell(type: string, data: object, about: ToldAbout): Promise<Told> {
    const metadata: EventMetadata = {
      correlationId: correlationId(about.correlationId ?? 'told'),
      actor: 'spec',
      occurredAt: TOLD_AT,
      ...(about.traceparent === undefined ? {} : { traceparent: about.traceparent }),
    };
    const { lastPosition } = await this.store.append({
      tenant: TENANT,
      streamId: about.stream,
      expected: 'any',
      events: [{ type, typeVersion: 1, data }],
      metadata,
    });
    const { body } = await this.messageAt(lastPosition);
    return { event: parseStructured(JSON.parse(body)), position: lastPosition };
  }

  /** Tells it once more under another id, as after a crash of the relay when the broker has forgotten that it had it. */
  async tellAgain({ position: at }: Told): Promise<void> {
    const { subject, body, headers, id } = await this.messageAt(at);
    this.copies += 1;
    await this.options.bus.jetstream.publish(subject, body, {
      msgID: `${id}:copy-${this.copies}`,
      headers: natsHeaders(headers),
    });
  }

  /** Ends it, and drops its database. */
  async close(): Promise<void> {
    await this.answerer.stop();
    await this.relay.stop();
    await this.store.close();
    await this.database.close();
    await this.drop();
  }

  private async messageAt(at: Position): Promise<OutgoingMessage> {
    const previous = position(at - 1);
    const [event] = await this.store.readAll({ after: previous, limit: 1 });
    if (event?.position !== at) throw new Error(`The log of ${this.options.service} has no position ${at}.`);
    const epoch = await currentEpoch(this.database);
    const message = outgoingMessage({ log: this.options.service, epoch, outlet: this.outlet, event, previous });
    if (!message) throw new Error(`Position ${at} of the log of ${this.options.service} is told to nobody.`);
    return message;
  }
}
