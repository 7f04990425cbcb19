import { JetStreamApiError, type StreamInfo } from '@nats-io/jetstream';
import type { StreamName } from '#libs/contracts';
import { sharedUpTo, type StoreLife } from '#libs/event-store';
import type { Bus } from '../bus.ts';
import { HEADER, placeOfMessageId, type MessagePlace } from './message-headers.ts';

/** The server's code for a message that is not there. */
const NO_MESSAGE_FOUND = 10037;
/** The server's code for a stream that is not there. */
const STREAM_NOT_FOUND = 10059;

/** Messages that are looked at, or deleted, at a time. */
const AT_A_TIME = 32;
const LANE = 0;

/** The last message of a log in a stream. */
export type TailMessage = Readonly<{ sequence: number; id: string; place: MessagePlace }>;

/** Looks at the end of a stream, message by message. */
export class BrokerTailReader {
  private readonly bus: Bus;
  private readonly stream: StreamName;
  private readonly log: string;

  constructor(bus: Bus, stream: StreamName, log: string) {
    this.bus = bus;
    this.stream = stream;
    this.log = log;
  }

  /** @returns nothing for a stream that is missing */
  async info(): Promise<StreamInfo | undefined> {
    try {
      return await this.bus.manager.streams.info(this.stream, { deleted_details: true });
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === STREAM_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /**
   * The last message that is of this log, and of a life of the store that runs or that the one that runs goes on from.
   * Messages of the log beyond it, which the store took back with a new life, are deleted: the stream is a copy of the log.
   */
  async last(lives: readonly StoreLife[], info: StreamInfo): Promise<TailMessage | undefined> {
    const isVoid = ({ place }: TailMessage): boolean => place.position > sharedUpTo(place, lives);
    for (const sequences of inParts(info)) {
      const messages = await Promise.all(sequences.map((sequence) => this.messageAt(sequence)));
      const own = messages.filter((message) => message !== undefined);
      const valid = own.find((message) => !isVoid(message));
      const beyond = own.filter(({ sequence }) => valid === undefined || sequence > valid.sequence);
      await Promise.all(
        beyond.map(({ sequence }) => this.bus.manager.streams.deleteMessage(this.stream, sequence, false)),
      );
      if (valid) return valid;
    }
    return undefined;
  }

  /** Empty for what is no message of this log, or is not there any more. */
  async messageAt(sequence: number): Promise<TailMessage | undefined> {
    const id = await this.idOf(sequence);
    const place = id === undefined ? undefined : placeOfMessageId(id, this.log, LANE);
    return id === undefined || place === undefined ? undefined : { sequence, id, place };
  }

  private async idOf(sequence: number): Promise<string | undefined> {
    try {
      const message = await this.bus.manager.streams.getMessage(this.stream, { seq: sequence });
      return message?.header.get(HEADER.messageId);
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === NO_MESSAGE_FOUND) return undefined;
      throw error;
    }
  }
}

/**
 * Sequences of the messages that are there, the newest first, some at a time. The server is not asked for its last message
 * by subject: 2.9 finds none after the last ones were deleted.
 */
function* inParts({ state }: StreamInfo): Generator<readonly number[]> {
  const deleted = new Set(state.deleted);
  let part: number[] = [];
  for (
    let sequence = state.messages === 0 ? 0 : state.last_seq;
    sequence >= state.first_seq && sequence > 0;
    sequence -= 1
  ) {
    if (deleted.has(sequence)) continue;
    part.push(sequence);
    if (part.length < AT_A_TIME) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
