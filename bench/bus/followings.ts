import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { DeliverPolicy } from '@nats-io/jetstream';
import { z } from 'zod';
import { Database } from '#libs/event-store';
import { STREAMS } from '#libs/contracts';
import { connectBus, HEADER, LogConsumer, SlotLeases, type Bus } from '#libs/messaging';
import { POOL_SIZE } from '../harness/bench.ts';
import { storeOf } from '../harness/steward-log.ts';
import type { Follow, Following } from './follower-protocol.ts';

export type Work = Readonly<{
  /** How much of all work it may do; see `WHOLE`. */
  share: () => number;
  stop: () => Promise<void>;
}>;

export type Sink = Readonly<{
  /** Nothing is done before. */
  opened: Promise<undefined>;
  /** The effect of the event at this position is true. */
  done: (position: number) => void;
  /** So many events came from the log, since the stream did not bring them. */
  caughtUp: (events: number) => void;
  failed: (error: unknown) => void;
}>;

/** What the shares of all replicas add up to when everything is assigned: the slots. */
export const WHOLE = 64;

const PULL = 256;
const SERVICE = 'bench';
const streamSchema = z.enum(STREAMS);

type Start = (follow: Follow, sink: Sink) => Promise<Work>;

export const FOLLOW: Readonly<Record<Following, Start>> = {
  subscriber,
  ack: (follow, sink) =>
    consume(follow, sink, (message) => {
      message.ack();
      sink.done(positionOf(message));
    }),
  insert: async (follow, sink) => {
    const database = openDatabase(follow);
    const work = await consume(
      follow,
      sink,
      limited(follow.concurrency, sink, async (message) => {
        await insertEffect(database, message);
        message.ack();
        sink.done(positionOf(message));
      }),
    );
    return {
      ...work,
      stop: async () => {
        await work.stop();
        await database.close();
      },
    };
  },
  inbox,
};

/** As the transport of a service puts it together. */
async function inbox(follow: Follow, sink: Sink): Promise<Work> {
  const { natsUrl, stream, durable, log, concurrency, owner } = follow;
  const bus = await connectBus({ url: natsUrl, name: `bench ${owner}` });
  const database = openDatabase(follow);
  const store = storeOf(database);
  const consumer = new LogConsumer({
    service: SERVICE,
    log,
    stream: streamSchema.parse(stream),
    name: durable,
    bus,
    database,
    store: noting(store, sink),
    concurrency,
    ensureStream: () => Promise.resolve(),
    handle: async ({ event, subject, place }, transaction) => {
      await sink.opened;
      await transaction.query(INSERT_EFFECT, [place?.position, event.id, subject, JSON.stringify(event.data)]);
    },
    onFailure: sink.failed,
    onProgress: ({ caughtUp = 0 }) => {
      sink.caughtUp(caughtUp);
    },
  });
  const slots = new SlotLeases({ database, bus, group: SERVICE, owner, holders: [consumer], onFailure: sink.failed });
  consumer.start();
  slots.start();
  return {
    share: () => slots.held.length,
    stop: async () => {
      await consumer.stopPulling();
      await slots.stop();
      await consumer.stop();
      await store.close();
      await database.close();
      await bus.close();
    },
  };
}

type Transactions = ConstructorParameters<typeof LogConsumer>[0]['store'];

/** Tells of each effect when the transaction that holds it is committed. */
function noting(store: Transactions, { done }: Sink): Transactions {
  return {
    transaction: async (work) => {
      const positions: number[] = [];
      const result = await store.transaction((transaction) =>
        work({
          append: (append) => {
            transaction.append(append);
          },
          query: (statement, values) => {
            if (statement === INSERT_EFFECT) positions.push(Number(values?.[0]));
            return transaction.query(statement, values);
          },
        }),
      );
      for (const position of positions) done(position);
      return result;
    },
  };
}

async function subscriber({ natsUrl, stream }: Follow, { done }: Sink): Promise<Work> {
  const bus = await connectBus({ url: natsUrl, name: 'bench subscriber' });
  const consumer = await bus.jetstream.consumers.get(stream, { deliver_policy: DeliverPolicy.New });
  const messages = await consumer.consume({
    callback: (message) => {
      done(positionOf(message));
    },
  });
  return { share: () => WHOLE, stop: () => closeBoth(messages, bus) };
}

/** Any replica may get any message: a replica that has begun may do everything. */
async function consume(
  { natsUrl, stream, durable }: Follow,
  { opened, failed }: Sink,
  take: (message: JsMsg) => void,
): Promise<Work> {
  const bus = await connectBus({ url: natsUrl, name: 'bench consumer' });
  const consumer = await bus.jetstream.consumers.get(stream, durable);
  let messages: ConsumerMessages | undefined;
  opened.then(async () => (messages = await consumer.consume({ max_messages: PULL, callback: take }))).catch(failed);
  return { share: () => WHOLE, stop: () => closeBoth(messages, bus) };
}

async function closeBoth(messages: ConsumerMessages | undefined, bus: Bus): Promise<void> {
  await messages?.close();
  await bus.close();
}

/** Works on so many messages at once; the others wait in the order in which they came. */
function limited(atOnce: number, { failed }: Sink, take: (message: JsMsg) => Promise<void>): (message: JsMsg) => void {
  const waiting: JsMsg[] = [];
  let free = atOnce;
  const work = async (): Promise<void> => {
    free -= 1;
    for (let message = waiting.shift(); message; message = waiting.shift()) await take(message);
    free += 1;
  };
  return (message) => {
    waiting.push(message);
    if (free > 0) work().catch(failed);
  };
}

function positionOf({ headers }: JsMsg): number {
  return Number(headers?.get(HEADER.position));
}

const envelopeSchema = z.object({ id: z.string(), data: z.unknown() });

async function insertEffect(database: Database, message: JsMsg): Promise<void> {
  const { id, data } = envelopeSchema.parse(message.json());
  await database.query(INSERT_EFFECT, [positionOf(message), id, message.subject, JSON.stringify(data)]);
}

const INSERT_EFFECT = {
  name: 'bench_effect',
  text: 'insert into effects (position, event_id, subject, data) values ($1, $2, $3, $4)',
};

function openDatabase({ databaseUrl, schema, owner }: Follow): Database {
  return new Database({ url: databaseUrl, schema, applicationName: owner, poolSize: POOL_SIZE });
}
