import { position, START, type Position, type Queryable } from '../event-store.ts';
import { LaneWalk, laneStart, type LaneMark } from './lane-walk.ts';
import type { LogProblem } from './log-problem.ts';

/** What a hash chain is found to be; `position` of a broken one is the first event that does not fit or is missing. */
export type ChainVerdict =
  | Readonly<{ outcome: 'intact'; events: number; position: Position; hash: string }>
  | Readonly<{ outcome: 'broken'; position: Position; reason: string }>;

/** A lane as the log's own table has it; `hash` is hexadecimal. */
export type LaneHead = Readonly<{ lane: number; position: number; hash: string }>;

const READ_LANES = `select lane, position, encode(hash, 'hex') as hash from lanes order by lane`;
const DEFAULT_LANE = 0;

export async function readLaneHeads(database: Queryable): Promise<readonly LaneHead[]> {
  return database.query<LaneHead>(READ_LANES);
}

/** Compares the end of a walk with the lane's head. */
export function headProblem(head: LaneHead, { position: at, hash }: LaneMark): LogProblem | undefined {
  const { lane } = head;
  if (at < head.position) {
    return { lane, position: at + 1, reason: `the lane's head is at ${head.position}, its last event at ${at}` };
  }
  if (hash === head.hash) return undefined;
  return { lane, position: head.position, reason: "the lane's head has another hash than its last event" };
}

/**
 * Recomputes the hash chain of one lane from its first event to the lane's head, and compares. Works on a log that
 * is written to meanwhile: it looks no further than the head that it saw first. `verifyLog` looks at more.
 *
 * @param database finds the log's tables by its search_path
 */
export async function verifyChain(database: Queryable, lane = DEFAULT_LANE): Promise<ChainVerdict> {
  const heads = await readLaneHeads(database);
  const head = heads.find((one) => one.lane === lane);
  if (!head) return { outcome: 'broken', position: START, reason: `lane ${lane} is missing` };
  const walk = new LaneWalk({ from: laneStart(lane), laneCount: heads.length });
  const problem = (await walk.to(database, head.position)) ?? headProblem(head, walk.mark);
  if (problem) return { outcome: 'broken', position: position(problem.position), reason: problem.reason };
  return { outcome: 'intact', events: walk.mark.events, position: position(head.position), hash: head.hash };
}
