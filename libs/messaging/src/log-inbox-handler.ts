import type { StreamName } from '#libs/contracts';
import { position, START, type Database, type EventStore, type Position, type Transaction } from '#libs/event-store';
import type { Bus } from './bus.ts';
import { MalformedMessage } from './errors.ts';
import type { Settlement } from './event-consumer.ts';
import { inboxVerdict, lockInbox, moveInbox, openInbox } from './inbox.ts';
import type { IncomingEvent, LogPlace } from './incoming-event.ts';
import { HEADER } from './message-headers.ts';

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

  /** Passes over a message that became a dead letter. */
  async skip(incoming: IncomingEvent): Promise<void> {
    const { store, consumer } = this.options;
    const place = placeOf(incoming);
    await store.transaction(async (transaction) => {
      const applied = await lockInbox(transaction, consumer, place.log);
      if (applied !== undefined && place.position > applied) {
        await moveInbox(transaction, consumer, place.log, place.position);
      }
    });
  }

  /** A consumer without history begins before the oldest message that the stream still has. */
  private async open(place: LogPlace): Promise<void> {
    const { database, consumer } = this.options;
    const [known] = await database.query('select 1 from inbox where consumer = $1 and source = $2', [
      consumer,
      place.log,
    ]);
    if (!known) await openInbox(database, consumer, place.log, await this.beforeOldest());
  }

  private async beforeOldest(): Promise<Position> {
    const { bus, stream } = this.options;
    const { state } = await bus.manager.streams.info(stream);
    const oldest = await bus.manager.streams.getMessage(stream, { seq: state.first_seq });
    return position(Number(oldest?.header.get(HEADER.previousPosition) ?? 0));
  }
}

function placeOf({ place, subject }: IncomingEvent): LogPlace {
  if (!place) throw new MalformedMessage(`a message on ${subject} does not say where in its log it stands`);
  return place;
}
