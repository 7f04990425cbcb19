import { setTimeout as delay } from 'node:timers/promises';
import { IdempotencyKeyReused, StoreFull, StoreUnavailable, WrongExpectedVersion } from './errors.ts';
import type { PreparedAppend, Verdict } from './decide-batch.ts';

/** What became of an append: a verdict of the log, or why nobody knows one. */
export type Outcome = Verdict | Error;

export type RetryOptions = Readonly<{
  /** How long an append that can be repeated safely is tried again while the database is away. */
  forMs: number;
  /** Ends the waiting between two tries. */
  signal: AbortSignal;
}>;

const FIRST_PAUSE_MS = 20;
const LAST_PAUSE_MS = 500;

type Write = (batch: readonly PreparedAppend[]) => Promise<readonly Verdict[]>;

/**
 * Writes a batch, and again while the database is away: an append that was certainly not stored, and one whose idempotency
 * key lets the log tell. Answers each append, in order; never throws what belongs to single appends.
 */
export async function writeWithRetries(
  batch: readonly PreparedAppend[],
  write: Write,
  { forMs, signal }: RetryOptions,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<PreparedAppend, Outcome>();
  const doubtful = new Set<PreparedAppend>();
  const until = performance.now() + forMs;
  let open = batch;
  for (let attempt = 0; open.length > 0; attempt += 1) {
    const answers = await answersOf(open, write);
    const again =
      performance.now() < until && !signal.aborted ? open.filter((_, index) => isRepeatable(open, answers, index)) : [];
    open.forEach((append, index) => {
      const answer = answers[index] ?? new Error('The batch gave no verdict.');
      outcomes.set(append, doubtful.has(append) ? stillInDoubt(answer) : answer);
      if (answer instanceof StoreUnavailable && answer.applied === 'unknown') doubtful.add(append);
    });
    open = again;
    if (open.length > 0) await pause(Math.min(FIRST_PAUSE_MS * 2 ** attempt, LAST_PAUSE_MS), signal);
  }
  return batch.map((append) => outcomes.get(append) ?? new Error('The batch gave no verdict.'));
}

/** That a later try did nothing says nothing of an earlier one that got no answer; only a verdict of the log does. */
function stillInDoubt(answer: Outcome): Outcome {
  const isVerdict =
    !(answer instanceof Error) || answer instanceof WrongExpectedVersion || answer instanceof IdempotencyKeyReused;
  return isVerdict ? answer : new StoreUnavailable(answer, 'unknown');
}

function isRepeatable(batch: readonly PreparedAppend[], answers: readonly Outcome[], index: number): boolean {
  const answer = answers[index];
  if (!(answer instanceof StoreUnavailable)) return false;
  return answer.applied === 'no' || batch[index]?.append.idempotencyKey !== undefined;
}

/** An error that is not of the database as a whole may come from one append alone; then the others must not fail for it. */
async function answersOf(batch: readonly PreparedAppend[], write: Write): Promise<readonly Outcome[]> {
  try {
    return await write(batch);
  } catch (error) {
    const isOfAll = error instanceof StoreUnavailable || error instanceof StoreFull;
    if (isOfAll || batch.length === 1) return batch.map(() => asError(error));
    const answers: Outcome[] = [];
    for (const append of batch) answers.push(...(await answersOf([append], write)));
    return answers;
  }
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error), { cause: error });

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
