import {
  position,
  sharedUpTo,
  START,
  type Position,
  type PreparedStatement,
  type Queryable,
  type StoreLife,
} from '#libs/event-store';

/** How far a relay came, as it noted now and then: the broker may have more, and may have lost some of it since. */
export type RelayProgress = Readonly<{
  /** Life of the store that the positions belong to. */
  epoch: number;
  /** All events up to here were looked at. */
  scanned: Position;
  /** The last one that was published. */
  published: Position;
  /** The last one that was published of each slot, up to `published`; `START` where there was none. Empty: not known. */
  lastOfSlots: readonly Position[];
}>;

/** Takes the row for the holder of a lease: from here on an earlier holder changes nothing any more. */
const CLAIM: PreparedStatement = {
  name: 'claim_relay_progress',
  text: `
insert into relay_progress as p (stream, scanned_position, published_position, fence) values ($1, 0, 0, $2)
on conflict (stream) do update set fence = excluded.fence
returning p.epoch, p.scanned_position, p.published_position, p.last_of_slots`,
};

/** Not waited for on disk: what is lost of it is found again at the broker and in the log. */
const SAVE: PreparedStatement = {
  name: 'save_relay_progress',
  text: `
with saved as (
  update relay_progress set epoch = $3, scanned_position = $4, published_position = $5, last_of_slots = $6::bigint[]
  where stream = $1 and fence = $2
  returning stream
)
select set_config('synchronous_commit', 'off', true) from saved`,
};

type Row = {
  epoch: number;
  scanned_position: number;
  published_position: number;
  last_of_slots: readonly (string | number)[];
};

/** @param fence of the lease; see {@link saveProgress} */
export async function claimProgress(database: Queryable, stream: string, fence: number): Promise<RelayProgress> {
  const [row] = await database.query<Row>(CLAIM, [stream, fence]);
  return {
    epoch: row?.epoch ?? 1,
    scanned: position(row?.scanned_position ?? 0),
    published: position(row?.published_position ?? 0),
    lastOfSlots: (row?.last_of_slots ?? []).map((at) => position(Number(at))),
  };
}

/** @returns whether it was noted: not when another relay has claimed the stream since */
export async function saveProgress(
  database: Queryable,
  stream: string,
  fence: number,
  { epoch, scanned, published, lastOfSlots }: RelayProgress,
): Promise<boolean> {
  const rows = await database.query(SAVE, [stream, fence, epoch, scanned, published, `{${lastOfSlots.join(',')}}`]);
  return rows.length > 0;
}

/** What of it is true in the life of the store that runs now. */
export function progressInLife(progress: RelayProgress, lives: readonly [StoreLife, ...StoreLife[]]): RelayProgress {
  const shared = (at: Position): Position => sharedUpTo({ epoch: progress.epoch, position: at }, lives);
  const published = shared(progress.published);
  const [{ epoch }] = lives;
  return {
    epoch,
    scanned: shared(progress.scanned),
    published,
    // Beyond what is shared there may have been others since: a slot whose last one lies there is not known.
    lastOfSlots: published === progress.published ? progress.lastOfSlots : [],
  };
}

/** What the broker holds at the end of a stream. */
export type BrokerTail =
  /** Nothing of the log. `edge`: messages for events up to there would have been removed by retention. */
  Readonly<{ state: 'empty'; edge: Position }> | Readonly<{ state: 'at'; position: Position }>;

export type StartingPoint = Readonly<{
  after: Position;
  /** Whether the broker has lost messages that it had confirmed. */
  refilling: boolean;
}>;

/**
 * Where publishing begins. The broker's own tail decides, since it acknowledges before it is on disk:
 * a tail behind what was confirmed means that it lost messages, and they are put back from the log.
 */
export function startingPoint(tail: BrokerTail, { scanned, published }: RelayProgress): StartingPoint {
  if (tail.state === 'at') {
    if (tail.position === published) return { after: scanned, refilling: false };
    return { after: tail.position, refilling: tail.position < published };
  }
  // What retention removed is not repeated: consumers that are older ask the log.
  if (tail.edge < published) return { after: tail.edge, refilling: true };
  return { after: position(Math.max(tail.edge, scanned)), refilling: false };
}

/** The least that is known of each slot: that nothing was published of it between `from` and what comes next. */
export function unknownSlots(from: Position): Position[] {
  return Array.from({ length: SLOTS }, () => from);
}

/** What is known of the slots at `from`, where publishing begins, by what was noted; of the others that it begins there. */
export function knownSlots({ lastOfSlots, published }: RelayProgress, from: Position): Position[] {
  if (lastOfSlots.length !== SLOTS || from > published) return unknownSlots(from);
  return lastOfSlots.map((last) => (last <= from ? last : from));
}

const SLOTS = 64;

export const NO_PROGRESS: RelayProgress = { epoch: 1, scanned: START, published: START, lastOfSlots: [] };
