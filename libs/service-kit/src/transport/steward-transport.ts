import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { BaseRpcContext, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { correlationId, type IdSource } from '#libs/kernel';
import { contractOf, eventNameOf, STREAMS, type StreamName } from '#libs/contracts';
import type { Database, EventStore, Transaction } from '#libs/event-store';
import {
  LogConsumer,
  SlotLeases,
  UnorderedConsumer,
  type Bus,
  type ConsumerProgress,
  type ConsumerStatus,
  type FailureContext,
  type IncomingEvent,
  type PlainMessage,
  type SlotStatus,
  type UnorderedStatus,
} from '#libs/messaging';
import { runWithCorrelation, withSpan } from '#libs/observability';
import type { Logger } from '../ports.ts';
import type { PositionGate } from '../reads/position-gate.ts';
import { EventContext } from './event-context.ts';
import { answerQueries } from './answer-queries.ts';
import { SlotCount } from './slot-count.ts';

export type StewardTransportOptions = Readonly<{
  service: string;
  /** This instance, for leases. */
  instanceId: string;
  bus: Bus;
  database: Database;
  store: EventStore;
  ids: IdSource;
  logger: Logger;
  positions: PositionGate;
  /** Events that a consumer handles at once, each of another stream. */
  concurrency: number;
  /** Makes a stream that is missing. */
  ensureStream: (stream: StreamName) => Promise<unknown>;
  onDeadLetter: (consumer: string) => void;
  onProgress: (consumer: string, progress: ConsumerProgress) => void;
  /** Told how many slots this instance holds. */
  onSlots: (held: number) => void;
  /** A pool of its own for the leases of slots. */
  leaseDatabase: Database;
}>;

/** How the consumers of this instance are. */
export type TransportStatus = Readonly<{
  logs: readonly ConsumerStatus[];
  /** The consumer of messages from outside. */
  outside?: UnorderedStatus;
  /** What hinders them now. */
  troubles: readonly string[];
  slots?: SlotStatus;
}>;

type ConsumerCommon = Pick<
  ConstructorParameters<typeof UnorderedConsumer>[0],
  'service' | 'stream' | 'name' | 'bus' | 'database' | 'ensureStream' | 'onFailure'
>;

type EventsOfTransport = Record<string, never>;

/** Messages from outside that are ingested at once; they keep no order among themselves. */
const BUSINESS_CONCURRENCY = 64;

/**
 * Nest's way to our bus: handlers are ordinary `@EventPattern` and `@MessagePattern` methods.
 *
 * | pattern | comes from | guarantee |
 * | --- | --- | --- |
 * | `steward.<area>.<event>.v<n>` | that service's log on JetStream | applied once, in the order of its stream, in one transaction with the inbox |
 * | `business.>` | JetStream, from outside | at least once; the handler is idempotent by key |
 * | `heartbeat.>` | plain NATS, one instance of the service | at most once |
 * | `query.<service>.<name>` (message pattern) | plain NATS, one instance of the service | answered, errors as problems |
 */
export class StewardTransport extends Server<EventsOfTransport> implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly options: StewardTransportOptions;
  private readonly followers: LogConsumer[] = [];
  private business: UnorderedConsumer | undefined;
  private leases: SlotLeases | undefined;
  private readonly stops: (() => Promise<void> | void)[] = [];
  private readonly underWay = new Set<Promise<void>>();

  constructor(options: StewardTransportOptions) {
    super();
    this.options = options;
  }

  listen(callback: () => void): void {
    const patterns = [...this.getHandlers()];
    for (const [pattern, handler] of patterns) {
      if (handler.isEventHandler !== true) this.serveQueries(pattern, handler);
      else if (pattern.startsWith('heartbeat.')) this.followHeartbeats(pattern, handler);
    }
    if (this.getHandlers().has('business.>')) this.business = this.businessConsumer();
    for (const { stream, names } of followedStreams(patterns.map(([pattern]) => pattern)))
      this.followers.push(this.logConsumer(stream, names));
    this.business?.start();
    this.shareSlots();
    callback();
  }

  /** Pulls nothing more, finishes what is at hand, gives the slots to the other instances. */
  async close(): Promise<void> {
    await Promise.all([
      ...this.stops.map((stop) => stop()),
      this.business?.stop(),
      ...this.followers.map((follower) => follower.stopPulling()),
    ]);
    await this.leases?.stop();
    await Promise.all(this.followers.map((follower) => follower.stop()));
    await Promise.all(this.underWay);
  }

  /** How the consumers are, for health. */
  get consumers(): TransportStatus {
    const troubles = [...this.followers, this.business].flatMap((one) => one?.trouble ?? []);
    const slots = this.leases?.status;
    return {
      logs: this.followers.map(({ status }) => status),
      ...(this.business === undefined ? {} : { outside: this.business.status }),
      troubles: slots?.trouble ? [...troubles, slots.trouble] : troubles,
      ...(slots === undefined ? {} : { slots }),
    };
  }

  on(): never {
    throw new Error('This transport has no events of its own; its state is shown at /health.');
  }

  unwrap(): never {
    throw new Error('Inject the BUS token instead.');
  }

  private shareSlots(): void {
    const { bus, leaseDatabase, service, instanceId, logger, onSlots } = this.options;
    if (this.followers.length === 0) return;
    this.leases = new SlotLeases({
      bus,
      database: leaseDatabase,
      group: service,
      owner: instanceId,
      holders: [...this.followers, new SlotCount(onSlots)],
      onFailure: (error) => {
        logger.warn({ err: error }, 'the slots could not be shared out; it is tried again');
      },
    });
    for (const follower of this.followers) follower.start();
    this.leases.start();
  }

  private logConsumer(stream: StreamName, names: ReadonlySet<string>): LogConsumer {
    const name = `${this.options.service}_${stream.toLowerCase()}`;
    return new LogConsumer({
      ...this.commonOf(name, stream),
      log: stream.slice(LOG_STREAM.length).toLowerCase(),
      store: this.options.store,
      concurrency: this.options.concurrency,
      follows: (eventName) => names.has(eventName),
      handle: (incoming, transaction) => this.dispatch(incoming.event.type, incoming, transaction),
      onProgress: (progress) => {
        this.options.onProgress(name, progress);
      },
    });
  }

  private businessConsumer(): UnorderedConsumer {
    return new UnorderedConsumer({
      ...this.commonOf(`${this.options.service}_business`, 'BUSINESS'),
      concurrency: BUSINESS_CONCURRENCY,
      handle: (incoming) => this.dispatch('business.>', incoming, undefined),
    });
  }

  private commonOf(name: string, stream: StreamName): ConsumerCommon {
    const { bus, database, service, ensureStream } = this.options;
    return {
      service,
      stream,
      name,
      bus,
      database,
      ensureStream: () => ensureStream(stream),
      onFailure: (error, context) => {
        this.failed(name, error, context);
      },
    };
  }

  private failed(consumer: string, error: unknown, context: FailureContext): void {
    const { logger, onDeadLetter } = this.options;
    const { attempt, deadLettered } = context;
    if (deadLettered) onDeadLetter(consumer);
    logger[deadLettered ? 'error' : 'warn']({ err: error, consumer, attempt }, saidOf(context));
  }

  /** Runs the handlers of a pattern one after another; nothing happens for types that nobody here follows. */
  private async dispatch(
    pattern: string,
    incoming: IncomingEvent,
    transaction: Transaction | undefined,
  ): Promise<void> {
    const handler = this.getHandlers().get(pattern);
    if (!handler) return;
    const { event, carrier, subject } = incoming;
    const attributes = {
      'messaging.system.name': 'nats',
      'messaging.operation.type': 'process',
      'messaging.destination.name': subject,
      'messaging.message.id': event.id,
    };
    const correlation = correlationId(event.correlationid ?? event.id);
    const context = new EventContext([incoming, transaction]);
    const shortName = contractOf(event.type) ? eventNameOf(event.type) : 'business event';
    await runWithCorrelation({ correlationId: correlation, causationId: event.id }, () =>
      withSpan(`process ${shortName}`, { kind: 'consumer', attributes, parent: carrier }, async () => {
        await runChain(handler, event, context);
        this.options.logger.info(
          { eventId: event.id, type: event.type, subject: event.subject },
          `handled ${shortName}`,
        );
      }),
    );
  }

  private followHeartbeats(pattern: string, handler: MessageHandler): void {
    const { bus, service, logger } = this.options;
    const listener = (message: PlainMessage): void => {
      this.track(
        runChain(handler, message.text, new BaseRpcContext([message])).catch((error: unknown) => {
          logger.warn({ err: error, subject: message.subject }, 'a heartbeat was not understood');
        }),
      );
    };
    this.stops.push(bus.subscribe(pattern, listener, service));
  }

  private serveQueries(pattern: string, handler: MessageHandler): void {
    const { bus, service, ids, logger, positions } = this.options;
    const ask = (query: unknown): Promise<unknown> => resultOf(handler, query);
    this.stops.push(answerQueries({ bus, subject: pattern, service, ids, logger, positions, ask }));
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }
}

function saidOf({ attempt, deadLettered }: FailureContext): string {
  if (deadLettered) return 'a message is a dead letter: see GET /v1/dead-letters';
  return attempt === 0
    ? 'a consumer met with trouble, and goes on'
    : 'a message could not be handled; it is tried again';
}

/** Nest chains a second handler of the same pattern through `next`. */
async function runChain(handler: MessageHandler, data: unknown, context: BaseRpcContext): Promise<void> {
  for (
    let current: MessageHandler | undefined = handler;
    current;
    current = current.next as MessageHandler | undefined
  ) {
    await resultOf(current, data, context);
  }
}

async function resultOf(
  handler: MessageHandler,
  data: unknown,
  context: object = new BaseRpcContext([]),
): Promise<unknown> {
  const result: unknown = await handler(data, context);
  return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
}

const LOG_STREAM = 'EVT_';

/** The streams whose events some handler follows, and which events of each, by the `<event>` of their type. */
function followedStreams(
  patterns: readonly string[],
): readonly Readonly<{ stream: StreamName; names: ReadonlySet<string> }>[] {
  const contracts = patterns.flatMap((pattern) => contractOf(pattern) ?? []);
  return STREAMS.flatMap((stream) => {
    const followed = contracts.filter(({ area }) => `${LOG_STREAM}${area.toUpperCase()}` === stream);
    return followed.length === 0 ? [] : [{ stream, names: new Set(followed.map(({ type }) => eventNameOf(type))) }];
  });
}
