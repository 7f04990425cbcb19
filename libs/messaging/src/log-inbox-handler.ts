import type { StreamName } from '#libs/contracts';
import { START, type Database, type EventStore, type Position, type Transaction } from '#libs/event-store';
import type { Bus } from './bus.ts';
import { MalformedMessage, PredecessorMissing } from './errors.ts';
import type { BuriedMessage, Settlement } from './event-consumer.ts';
import { inboxVerdict, lockInbox, moveInbox, openInbox } from './inbox.ts';
import { logPlaceOf, type IncomingEvent, type LogPlace } from './incoming-event.ts';

export type LogInboxOptions = Readonly<{
  bus: Bus;
  database: Database;
  store: EventStore;
  stream: StreamName;
  /** Name of the consumer, in the inbox. */
  consumer: string;
  /** Runs in the inbox's transaction: its rows and appends become true with the inbox, or not at all. */
  handle: (incoming: IncomingEvent, transaction: Transaction) => Promise<void>;
}>;

/**
 * Applies the messages of another service's log: each exactly once and in the order of that log, although
 * JetStream may bring them twice or, after a crash, late.
 */
export class LogInboxHandler {
  private readonly options: LogInboxOptions;

  constructor(options: LogInboxOptions) {
    this.options = options;
  }

  async apply(incoming: IncomingEvent): Promise<Settlement> {
    const { store, consumer, handle } = this.options;
    const place = placeOf(incoming);
    await this.open(place);
    return store.transaction(async (transaction) => {
      const applied = await lockInbox(transaction, consumer, place.log);
      switch (inboxVerdict(applied ?? START, place.previous, place.position)) {
        case 'duplicate':
          return 'done';
        case 'gap':
          return 'wait-for-predecessor';
        case 'apply':
          await handle(incoming, transaction);
          await moveInbox(transaction, consumer, place.log, place.position);
          return 'done';
      }
    });
  }

  /**
   * Passes over a message that became a dead letter; one of no log has nothing behind it that waits.
   * @throws PredecessorMissing when that would also pass over messages that have not come yet
   */
  async skip({ place }: BuriedMessage): Promise<void> {
    if (!place) return;
    const { store, consumer } = this.options;
    await this.open(place);
    await store.transaction(async (transaction) => {
      const applied = await lockInbox(transaction, consumer, place.log);
      const verdict = inboxVerdict(applied ?? START, place.previous, place.position);
      if (verdict === 'gap') throw new PredecessorMissing(place.position, place.previous);
      if (verdict === 'apply') await moveInbox(transaction, consumer, place.log, place.position);
    });
  }

  /** A consumer without history begins before the oldest message that the stream still has. */
  private async open(place: LogPlace): Promise<void> {
    const { database, consumer } = this.options;
    const [known] = await database.query('select 1 from inbox where consumer = $1 and source = $2', [
      consumer,
      place.log,
    ]);
    if (!known) await openInbox(database, consumer, place.log, await this.beforeOldest(place));
  }

  private async beforeOldest({ log, position: latest, previous }: LogPlace): Promise<Position> {
    const { bus, stream } = this.options;
    const { state } = await bus.manager.streams.info(stream);
    for (let sequence = state.first_seq; sequence <= state.last_seq; sequence += 1) {
      const message = await bus.manager.streams.getMessage(stream, { seq: sequence });
      const place = message ? logPlaceOf(message.header) : undefined;
      // Messages of others, which do not belong into the stream, say nothing about where the log begins.
      if (place?.log === log) return place.position < latest ? place.previous : previous;
    }
    return previous;
  }
}

function placeOf({ place, subject }: IncomingEvent): LogPlace {
  if (!place) throw new MalformedMessage(`a message on ${subject} does not say where in its log it stands`);
  return place;
}
