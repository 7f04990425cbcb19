import { z } from 'zod';
import type { ChainVerdict, ExpectedVersion, RecordedEvent } from '#libs/event-store';

/** The data of every event of a run: it says to which append it belongs, so that the log itself can be judged. */
export const EventData = z.object({ append: z.string(), index: z.int(), text: z.string(), value: z.number() });

const SentAppend = z.object({
  id: z.string(),
  tenant: z.string(),
  stream: z.string(),
  expected: z.union([z.int(), z.enum(['no-stream', 'exists', 'any'])]),
  key: z.string().optional(),
  events: z.array(z.object({ type: z.string(), data: EventData })).min(1),
});

const Unit = z.object({
  id: z.string(),
  /** Who sends it, one unit after the other. Two processes may play the same session with the same units. */
  session: z.string(),
  /** Order within its session. */
  number: z.int(),
  kind: z.enum(['append', 'transaction']),
  /** Its transaction throws when all is done, on purpose. */
  rollsBack: z.boolean(),
  /** How long its transaction stays open before it appends. */
  lingersMs: z.int(),
  /** One for an append; those of a transaction become true together, with a row of its own in `side_rows`. */
  appends: z.array(SentAppend).min(1),
});

const Answer = z.object({
  outcome: z.enum(['appended', 'duplicate']),
  streamVersion: z.int(),
  firstPosition: z.int(),
  lastPosition: z.int(),
});

const Outcome = z.discriminatedUnion('is', [
  /** A transaction has no answers, since appends are the last that it does. */
  z.object({ is: z.literal('acknowledged'), answers: z.array(Answer) }),
  z.object({ is: z.literal('wrong-version'), stream: z.string(), actual: z.int() }),
  z.object({ is: z.literal('key-reused'), key: z.string() }),
  z.object({ is: z.literal('rolled-back') }),
  z.object({ is: z.literal('unavailable'), applied: z.enum(['no', 'unknown']) }),
  /** Anything that no writer has to expect. */
  z.object({ is: z.literal('failed'), message: z.string() }),
]);

const Seen = z.object({ position: z.int(), id: z.string(), hash: z.string() });

/** What the programs of a run say on stdout, one JSON document a line. */
export const Line = z.discriminatedUnion('line', [
  z.object({ line: z.literal('ready') }),
  z.object({ line: z.literal('attempt'), attempt: z.string(), unit: Unit }),
  z.object({ line: z.literal('outcome'), attempt: z.string(), outcome: Outcome }),
  z.object({ line: z.literal('seen'), events: z.array(Seen) }),
  z.object({ line: z.literal('done') }),
]);

export type SentAppend = Readonly<z.infer<typeof SentAppend>>;
/** What a writer wants done as a whole. */
export type Unit = Readonly<z.infer<typeof Unit>>;
export type Answer = Readonly<z.infer<typeof Answer>>;
export type Outcome = Readonly<z.infer<typeof Outcome>>;
/** An event as the tail reader got it. */
export type Seen = Readonly<z.infer<typeof Seen>>;
export type Line = Readonly<z.infer<typeof Line>>;

/** One try at a unit. Without an outcome when its process ended first. */
export type Attempt = Readonly<{ unit: Unit; outcome?: Outcome }>;

export type LoggedEvent = Readonly<
  Pick<RecordedEvent, 'position' | 'id' | 'hash' | 'tenant' | 'streamId' | 'streamVersion' | 'type' | 'data'>
> & { readonly metadata: Readonly<{ correlationId: string }> };

/** Everything that is known of a run when it is over. */
export type History = Readonly<{
  /** In the order in which they began, as far as one process goes. */
  attempts: readonly Attempt[];
  /** The whole log, in its order. */
  log: readonly LoggedEvent[];
  /** What the tail reader got, in the order in which it got it. */
  seen: readonly Seen[];
  /** Ids of the units that have a row in `side_rows`. */
  sideRows: readonly string[];
  /** Absent for a log that has no hash chain. */
  chain?: ChainVerdict;
}>;

/** Whether an append with this expectation fits a stream at this version. */
export function accepts(expected: ExpectedVersion, version: number): boolean {
  if (expected === 'any') return true;
  if (expected === 'exists') return version > 0;
  return version === (expected === 'no-stream' ? 0 : expected);
}

/** Collects the lines of any number of programs into the part of a history that they tell. */
export class Recorder {
  readonly seen: Seen[] = [];
  pagesSeen = 0;
  acknowledged = 0;
  private readonly begun = new Map<string, { unit: Unit; outcome?: Outcome }>();

  readonly record = (line: Line): void => {
    if (line.line === 'attempt') this.begun.set(line.attempt, { unit: line.unit });
    if (line.line === 'outcome') this.end(line.attempt, line.outcome);
    if (line.line !== 'seen') return;
    this.seen.push(...line.events);
    this.pagesSeen += 1;
  };

  get attempts(): readonly Attempt[] {
    return [...this.begun.values()];
  }

  private end(attempt: string, outcome: Outcome): void {
    const begun = this.begun.get(attempt);
    if (!begun) throw new Error(`Attempt ${attempt} ended and never began.`);
    begun.outcome = outcome;
    if (outcome.is === 'acknowledged') this.acknowledged += 1;
  }
}
