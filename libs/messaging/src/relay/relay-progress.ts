import { position, START, type Position, type Queryable } from '#libs/event-store';

/** How far a relay came: all events up to `scanned` were looked at, the last one that was published is `published`. */
export type RelayProgress = Readonly<{ scanned: Position; published: Position }>;

export async function readProgress(database: Queryable, stream: string): Promise<RelayProgress> {
  const [row] = await database.query<{ scanned_position: number; published_position: number }>(
    'select scanned_position, published_position from relay_progress where stream = $1',
    [stream],
  );
  return row
    ? { scanned: position(row.scanned_position), published: position(row.published_position) }
    : { scanned: START, published: START };
}

export async function saveProgress(database: Queryable, stream: string, progress: RelayProgress): Promise<void> {
  await database.query(
    `insert into relay_progress (stream, scanned_position, published_position) values ($1, $2, $3)
     on conflict (stream) do update
       set scanned_position = excluded.scanned_position, published_position = excluded.published_position`,
    [stream, progress.scanned, progress.published],
  );
}

/** What the broker holds at the end of a stream. */
export type BrokerTail =
  | Readonly<{ state: 'never-written' }>
  /** It had messages, and retention has removed them all. */
  | Readonly<{ state: 'aged-out' }>
  | Readonly<{ state: 'at'; position: Position }>;

export type StartingPoint = Readonly<{
  after: Position;
  /** Position of the last message in the stream: the next one is chained to it. */
  last: Position;
  /** Whether the broker has lost messages that it had confirmed. */
  refilling: boolean;
}>;

/**
 * Where publishing begins. The broker's own tail decides, since it acknowledges before it is on disk:
 * a tail behind what was confirmed means that it lost messages, and they are put back from the log.
 */
export function startingPoint(tail: BrokerTail, progress: RelayProgress): StartingPoint {
  switch (tail.state) {
    case 'never-written':
      return { after: START, last: START, refilling: progress.published > START };
    case 'aged-out':
      return { after: progress.scanned, last: progress.published, refilling: false };
    case 'at': {
      const refilling = tail.position < progress.published;
      const after = refilling || tail.position > progress.scanned ? tail.position : progress.scanned;
      return { after, last: tail.position, refilling };
    }
  }
}
