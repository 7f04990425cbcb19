import { position, type Position, type Queryable } from '#libs/event-store';

const CREATE = `insert into inbox (consumer, source, slot, epoch, position) values ($1, $2, 0, 0, $3) on conflict (consumer, source, slot) do nothing`;
const LOCK = 'select position from inbox where consumer = $1 and source = $2 and slot = 0 for update';
const MOVE = 'update inbox set position = $3 where consumer = $1 and source = $2 and slot = 0';

/** Whether a consumer should apply a message, by its place in the log it came from. */
export type InboxVerdict = 'apply' | 'duplicate' | 'gap';

/**
 * A message is next when the one before it in the stream is the last one applied. One at or before that
 * was applied already; one beyond it arrived before its predecessor, which a crash can cause.
 */
export function inboxVerdict(applied: Position, previous: Position, at: Position): InboxVerdict {
  if (at <= applied) return 'duplicate';
  return previous <= applied ? 'apply' : 'gap';
}

/**
 * Position up to which a consumer has applied a log; locked until the transaction ends, so that two
 * instances never apply the same message. `undefined` for a consumer that never applied any.
 */
export async function lockInbox(
  transaction: Queryable,
  consumer: string,
  source: string,
): Promise<Position | undefined> {
  const [row] = await transaction.query<{ position: number }>(LOCK, [consumer, source]);
  return row && position(row.position);
}

/** Makes sure that there is a row to lock; one that exists stays as it is. */
export async function openInbox(database: Queryable, consumer: string, source: string, from: Position): Promise<void> {
  await database.query(CREATE, [consumer, source, from]);
}

export async function moveInbox(transaction: Queryable, consumer: string, source: string, to: Position): Promise<void> {
  await transaction.query(MOVE, [consumer, source, to]);
}
