import type { StreamInfo } from '@nats-io/jetstream';
import { position, storeLives, type EventStore, type Position, type Queryable } from '#libs/event-store';
import type { BrokerTailReader, TailMessage } from './broker-tail.ts';
import type { RelayOptions } from './relay-options.ts';
import {
  claimProgress,
  knownSlots,
  progressInLife,
  startingPoint,
  unknownSlots,
  type BrokerTail,
  type RelayProgress,
} from './relay-progress.ts';
import { LogBehindStream, StreamChanged } from './relay.errors.ts';
import { retentionEdge } from './retention-edge.ts';

/** Where a session begins. */
export type SessionStart = Readonly<{
  epoch: number;
  /** Events after this one are looked at. */
  after: Position;
  /** The last one that is published. */
  published: Position;
  lastOfSlots: readonly Position[];
  /** The stream's last sequence. */
  lastSequence: number;
  /** The message with which the log's part of the stream ends. */
  tail: TailMessage | undefined;
  /** The last sequence, when messages at the end of the stream are gone: what follows is put back behind it. */
  refillBehind: number | undefined;
}>;

const NANOSECONDS_PER_MS = 1_000_000;
/** Events of the log that are looked at again for what they mean to their slots. */
const LOOK_BACK = 5_000;

/** Finds out from the broker's own tail where publishing begins. Makes the stream when it is missing. */
export async function findStart(
  relay: RelayOptions,
  reader: BrokerTailReader,
  fence: number,
): Promise<SessionStart & Readonly<{ refilling: boolean }>> {
  const { database, store, outlet } = relay;
  const info = await presentStream(relay, reader);
  const lives = await storeLives(database);
  const tail = await reader.last(lives, info);
  const [{ epoch }] = lives;
  await refuseLogBehind(relay, tail, epoch);
  const progress = progressInLife(await claimProgress(database, outlet.stream, fence), lives);
  const brokerTail: BrokerTail = tail
    ? { state: 'at', position: tail.place.position }
    : { state: 'empty', edge: await edgeOf(store, database, info) };
  const { after, refilling } = startingPoint(brokerTail, progress);
  const from = tail?.place.position ?? after;
  const lastSequence = info.state.last_seq;
  return {
    epoch,
    after,
    refilling,
    tail,
    published: from,
    lastOfSlots: await slotsAt(relay, progress, from),
    lastSequence,
    refillBehind: (tail?.sequence ?? 0) < lastSequence ? lastSequence : undefined,
  };
}

async function presentStream({ outlet, ensureStream }: RelayOptions, reader: BrokerTailReader): Promise<StreamInfo> {
  const present = await reader.info();
  if (present) return present;
  await ensureStream?.();
  const made = await reader.info();
  if (!made) throw new StreamChanged(outlet.stream, 'it is missing');
  return made;
}

/** What the stream holds was in the log first, so a shorter log is another one, whatever its epoch says. */
async function refuseLogBehind(
  { store, outlet }: RelayOptions,
  tail: TailMessage | undefined,
  epoch: number,
): Promise<void> {
  if (!tail) return;
  const head = await store.head();
  if (tail.place.epoch > epoch || tail.place.position > head)
    throw new LogBehindStream(outlet.stream, tail.place, { epoch, head });
}

async function edgeOf(
  store: Pick<EventStore, 'readAll' | 'head'>,
  database: Queryable,
  { config }: StreamInfo,
): Promise<Position> {
  const [row] = await database.query<{ now: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::float8 as now',
  );
  return retentionEdge(store, config.max_age / NANOSECONDS_PER_MS, new Date(row?.now ?? 0));
}

/**
 * The last published position of each slot at `from`. What is not known for certain is `from`: a consumer may then ask the
 * log in vain, but never takes a gap for none. The broker is not asked, since what it lost it cannot tell.
 */
async function slotsAt(
  { store, outlet }: RelayOptions,
  progress: RelayProgress,
  from: Position,
): Promise<readonly Position[]> {
  if (from <= progress.published) return knownSlots(progress, from);
  if (from - progress.published > LOOK_BACK) return unknownSlots(from);
  const slots = knownSlots(progress, progress.published);
  for (let after = progress.published; after < from;) {
    const events = await store.readAll({ after, limit: from - after });
    for (const event of events) {
      if (event.position <= from && outlet.publication(event)) slots[event.slot] = event.position;
    }
    after = position(Math.max(events.at(-1)?.position ?? from, after));
  }
  return slots;
}
