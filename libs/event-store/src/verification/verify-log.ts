import type { Queryable } from '../event-store.ts';
import type { Database } from '../postgres/database.ts';
import { keysProblem, strayProblem, streamsProblem } from './derived-tables.ts';
import { LaneWalk, laneStart, type LaneMark } from './lane-walk.ts';
import type { LogProblem } from './log-problem.ts';
import { SignedHeadsCheck, type SignedHeadsSummary } from './signed-heads.ts';
import { headProblem, readLaneHeads, type LaneHead } from './verify-chain.ts';

export type VerifyLogProgress =
  | Readonly<{ phase: 'events'; mark: LaneMark; head: number }>
  | Readonly<{ phase: 'streams' | 'idempotency keys' | 'signed heads'; rows: number }>;

export type VerifyLogOptions = Readonly<{
  database: Database;
  /** Only this lane. @default all */
  lane?: number | undefined;
  /** Begin with this position, and believe what is before it. @default 1 */
  from?: number | undefined;
  /** Go on from where an earlier verification of this log was. */
  resume?: readonly LaneMark[] | undefined;
  /** Ed25519 keys, as SubjectPublicKeyInfo in DER, which alone may have signed heads. @default the ones stored beside them */
  publicKeys?: readonly Buffer[] | undefined;
  onProgress?: ((progress: VerifyLogProgress) => void) | undefined;
  /** Ends the verification after a page, by throwing its reason. */
  signal?: AbortSignal | undefined;
}>;

export type LogVerdict =
  | Readonly<{
      outcome: 'intact';
      lanes: readonly LaneMark[];
      signedHeads: SignedHeadsSummary;
    }>
  | Readonly<{ outcome: 'broken'; problem: LogProblem }>;

/** Index: the primary key. */
const READ_EVENT_BEFORE = `
select position, encode(hash, 'hex') as hash from events
where lane = $1 and position < $2
order by position desc
limit 1`;

/**
 * Verifies a whole log: the hash chain of each lane, the place of each event in its stream, lane and slot, what the
 * tables beside the events say of them, and the signed heads. Works on a log that is written to meanwhile.
 *
 * @throws RangeError for a lane that the log does not have; StoreUnavailable
 */
export async function verifyLog(options: VerifyLogOptions): Promise<LogVerdict> {
  const { database, lane } = options;
  const heads = await readLaneHeads(database);
  if (heads.length === 0) return broken({ lane: lane ?? 0, position: 0, reason: 'the log has no lanes' });
  const chosen = heads.filter((head) => lane === undefined || head.lane === lane);
  if (chosen.length === 0) throw new RangeError(`The log has no lane ${lane ?? ''}.`);
  const walks: LaneWalk[] = [];
  for (const head of chosen) {
    const walk = walkAlong(head, heads.length, { ...options, start: await startOf(head, options) });
    const problem = (await changedSince(database, walk.mark, head)) ?? (await walk.to(database, head.position));
    if (problem) return broken(problem);
    walks.push(walk);
  }
  return database.transaction(async (connection) => {
    // What was written meanwhile, and everything that is compared with it, as of one moment.
    await connection.query('set transaction isolation level repeatable read, read only');
    await connection.query('set local statement_timeout = 0');
    return verdictOn(connection, walks, options);
  });
}

async function verdictOn(
  connection: Queryable,
  walks: readonly LaneWalk[],
  options: VerifyLogOptions,
): Promise<LogVerdict> {
  const heads = await readLaneHeads(connection);
  for (const walk of walks) {
    const problem = await finish(connection, walk, heads);
    if (problem) return broken(problem);
  }
  const signedHeads = new SignedHeadsCheck({
    heads,
    publicKeys: options.publicKeys,
    lane: options.lane,
    onProgress: (rows) => options.onProgress?.({ phase: 'signed heads', rows }),
  });
  const marks = walks.map(({ mark }) => mark);
  const problem =
    (await besideProblem(connection, heads, marks, options.onProgress)) ?? (await signedHeads.problem(connection));
  return problem ? broken(problem) : { outcome: 'intact', lanes: marks, signedHeads: signedHeads.summary };
}

async function finish(
  connection: Queryable,
  walk: LaneWalk,
  heads: readonly LaneHead[],
): Promise<LogProblem | undefined> {
  const { lane, position } = walk.mark;
  const head = heads.find((one) => one.lane === lane);
  if (!head) return { lane, position, reason: `lane ${lane} is missing` };
  return (await walk.to(connection, head.position)) ?? headProblem(head, walk.mark);
}

async function besideProblem(
  connection: Queryable,
  heads: readonly LaneHead[],
  marks: readonly LaneMark[],
  onProgress: VerifyLogOptions['onProgress'],
): Promise<LogProblem | undefined> {
  const lanes = heads.map((head) => head.lane);
  const isWhole = marks.length === heads.length && marks.every(({ first }) => first === 1);
  const begun = isWhole ? marks.reduce((sum, mark) => sum + mark.streams, 0) : undefined;
  return (
    (await strayProblem(connection, lanes, marks)) ??
    (await streamsProblem(connection, begun, (rows) => onProgress?.({ phase: 'streams', rows }))) ??
    (await keysProblem(connection, lanes, (rows) => onProgress?.({ phase: 'idempotency keys', rows })))
  );
}

function walkAlong(
  head: LaneHead,
  laneCount: number,
  { start, onProgress, signal }: VerifyLogOptions & Readonly<{ start: LaneMark }>,
): LaneWalk {
  return new LaneWalk({
    from: start,
    laneCount,
    onProgress: (mark) => onProgress?.({ phase: 'events', mark, head: head.position }),
    signal,
  });
}

async function startOf({ lane }: LaneHead, { database, from = 1, resume }: VerifyLogOptions): Promise<LaneMark> {
  const known = resume?.find((mark) => mark.lane === lane);
  if (known) return known;
  if (from <= 1) return laneStart(lane);
  const [before] = await database.query<{ position: number; hash: string }>(READ_EVENT_BEFORE, [lane, from]);
  return { ...laneStart(lane), ...before, first: from };
}

/** An event that an earlier run has looked at must still be there. */
async function changedSince(database: Queryable, mark: LaneMark, head: LaneHead): Promise<LogProblem | undefined> {
  const { lane, position, hash } = mark;
  if (position === 0) return undefined;
  const [event] = await database.query<{ position: number; hash: string }>(READ_EVENT_BEFORE, [lane, position + 1]);
  if (event?.position === position && event.hash === hash && position <= head.position) return undefined;
  return {
    lane,
    position,
    reason: 'the event was here at the last verification, with another hash or before a later head',
  };
}

function broken(problem: LogProblem): LogVerdict {
  return { outcome: 'broken', problem };
}
