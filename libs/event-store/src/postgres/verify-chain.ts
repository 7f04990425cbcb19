import { DomainError } from '#libs/kernel';
import { canonicalJson, chainHash } from '../canonical-form.ts';
import { position, START, type Position, type Queryable } from '../event-store.ts';
import { DEFAULT_LANE } from './log-transaction.ts';
import { recorded, type EventRecord } from './postgres-event-store.ts';
import { READ_ALL } from './read.sql.ts';

/** What a hash chain is found to be; `position` of a broken one is the first event that does not fit. */
export type ChainVerdict =
  | Readonly<{ outcome: 'intact'; events: number; position: Position; hash: string }>
  | Readonly<{ outcome: 'broken'; position: Position; reason: string }>;

const READ_LANE = `select position, encode(hash, 'hex') as hash from lanes where lane = $1`;
/** Events that are held in memory at a time. */
const PAGE_SIZE = 1_000;
const BEFORE_ALL = Buffer.alloc(32);

/**
 * Recomputes the hash chain of one lane from its first event to the lane's head, and compares. Works on a log that
 * is written to meanwhile: it looks no further than the head that it saw first.
 *
 * @param database finds the log's tables by its search_path
 */
export async function verifyChain(database: Queryable, lane = DEFAULT_LANE): Promise<ChainVerdict> {
  const [head] = await database.query<{ position: number; hash: string }>(READ_LANE, [lane]);
  if (!head) return broken(START, `lane ${lane} is missing`);
  let hash: Buffer = BEFORE_ALL;
  let at: Position = START;
  let events = 0;
  while (at < head.position) {
    const page = await database.query<EventRecord>(READ_ALL, [lane, at, PAGE_SIZE]);
    const rows = page.filter((row) => row.position <= head.position);
    if (rows.length === 0) break;
    for (const row of rows) {
      const link = linkOf(hash, row);
      if (typeof link === 'string') return broken(position(row.position), link);
      hash = link;
      at = position(row.position);
      events += 1;
    }
  }
  if (at !== head.position) return broken(at, `the lane's head is at ${head.position}, its last event at ${at}`);
  if (hash.toString('hex') !== head.hash) return broken(at, "the lane's head has another hash than its last event");
  return { outcome: 'intact', events, position: at, hash: head.hash };
}

/** The hash that an event must have, or why it has another one. */
function linkOf(previous: Buffer, row: EventRecord): Buffer | string {
  try {
    const event = recorded(row);
    const hash = chainHash(previous, {
      ...event,
      recordedAt: event.recordedAt.toISOString(),
      data: canonicalJson(event.data),
      metadata: canonicalJson(event.metadata),
    });
    return hash.toString('hex') === row.hash ? hash : 'its content does not have the hash that was stored with it';
  } catch (error) {
    // A changed row may not even be an event any more; that is a finding, too.
    if (error instanceof DomainError) return error.message;
    throw error;
  }
}

function broken(at: Position, reason: string): ChainVerdict {
  return { outcome: 'broken', position: at, reason };
}
