import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { BaseRpcContext, Server } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { correlationId, type IdSource } from '#libs/kernel';
import { contractOf, eventNameOf, STREAMS, type StreamName } from '#libs/contracts';
import type { Database, EventStore, Transaction } from '#libs/event-store';
import {
  EventConsumer,
  LogInboxHandler,
  type Bus,
  type IncomingEvent,
  type PlainMessage,
  type Settlement,
} from '#libs/messaging';
import { runWithCorrelation, withSpan } from '#libs/observability';
import type { Logger } from '../ports.ts';
import type { PositionGate } from '../reads/position-gate.ts';
import { EventContext } from './event-context.ts';
import { answerQuery } from './answer-query.ts';

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
  onDeadLetter: (consumer: string) => void;
}>;

type EventsOfTransport = Record<string, never>;

/** Messages from outside that are ingested at once; they keep no order among themselves. */
const BUSINESS_CONCURRENCY = 64;

/**
 * Nest's way to our bus: handlers are ordinary `@EventPattern` and `@MessagePattern` methods.
 *
 * | pattern | comes from | guarantee |
 * | --- | --- | --- |
 * | `steward.<area>.<event>.v<n>` | that service's log on JetStream | applied once, in the log's order, in one transaction with the inbox |
 * | `business.>` | JetStream, from outside | at least once; the handler is idempotent by key |
 * | `heartbeat.>` | plain NATS, one instance of the service | at most once |
 * | `query.<service>.<name>` (message pattern) | plain NATS, one instance of the service | answered, errors as problems |
 */
export class StewardTransport extends Server<EventsOfTransport> implements CustomTransportStrategy {
  override readonly propagatesEventHandlerErrors = true;
  private readonly options: StewardTransportOptions;
  private readonly consumers: EventConsumer[] = [];
  private readonly unsubscribes: (() => void)[] = [];
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
    if (this.getHandlers().has('business.>')) this.consumers.push(this.businessConsumer());
    for (const stream of logStreams(patterns.map(([pattern]) => pattern)))
      this.consumers.push(this.logConsumer(stream));
    for (const consumer of this.consumers) consumer.start();
    callback();
  }

  /** Stops taking messages, finishes those at hand, gives the leases back. */
  async close(): Promise<void> {
    for (const unsubscribe of this.unsubscribes) unsubscribe();
    await Promise.all(this.consumers.map((consumer) => consumer.stop()));
    await Promise.all(this.underWay);
  }

  /** What hinders the consumers now, for health. */
  get troubles(): readonly string[] {
    return this.consumers.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]));
  }

  on(): never {
    throw new Error('This transport has no events of its own; its state is shown at /health.');
  }

  unwrap(): never {
    throw new Error('Inject the BUS token instead.');
  }

  private logConsumer(stream: StreamName): EventConsumer {
    const { bus, database, store, service } = this.options;
    const name = `${service}_${stream.toLowerCase()}`;
    const inbox = new LogInboxHandler({
      bus,
      database,
      store,
      stream,
      consumer: name,
      handle: (incoming, transaction) => this.dispatch(incoming.event.type, incoming, transaction),
    });
    return this.consumer(name, stream, {
      concurrency: 1,
      handle: (incoming) => inbox.apply(incoming),
      skip: (incoming) => inbox.skip(incoming),
    });
  }

  private businessConsumer(): EventConsumer {
    return this.consumer(`${this.options.service}_business`, 'BUSINESS', {
      concurrency: BUSINESS_CONCURRENCY,
      handle: async (incoming): Promise<Settlement> => {
        await this.dispatch('business.>', incoming, undefined);
        return 'done';
      },
      skip: () => Promise.resolve(),
    });
  }

  private consumer(
    name: string,
    stream: StreamName,
    how: Pick<ConstructorParameters<typeof EventConsumer>[0], 'concurrency' | 'handle' | 'skip'>,
  ): EventConsumer {
    const { bus, database, service, instanceId, logger, onDeadLetter } = this.options;
    return new EventConsumer({
      ...how,
      name,
      stream,
      bus,
      database,
      service,
      owner: instanceId,
      onFailure: (error, { attempt, deadLettered }) => {
        if (deadLettered) onDeadLetter(name);
        logger[deadLettered ? 'error' : 'warn'](
          { err: error, consumer: name, attempt },
          deadLettered ? 'a message became a dead letter' : 'a message could not be handled; it is tried again',
        );
      },
    });
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
    await runWithCorrelation({ correlationId: correlation }, () =>
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
    this.unsubscribes.push(bus.subscribe(pattern, listener, service));
  }

  private serveQueries(pattern: string, handler: MessageHandler): void {
    const { bus, service, ids, logger, positions } = this.options;
    const listener = (message: PlainMessage): void => {
      this.track(answerQuery(message, { ids, logger, positions, ask: (query) => resultOf(handler, query) }));
    };
    this.unsubscribes.push(bus.subscribe(pattern, listener, service));
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.underWay.delete(tracked));
    this.underWay.add(tracked);
  }
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

/** The streams whose events some handler follows. */
function logStreams(patterns: readonly string[]): readonly StreamName[] {
  const wanted = new Set(
    patterns.flatMap((pattern) => {
      const contract = contractOf(pattern);
      return contract ? [`EVT_${contract.area.toUpperCase()}`] : [];
    }),
  );
  return STREAMS.filter((stream) => wanted.has(stream));
}
