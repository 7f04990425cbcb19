import { processorTime } from './processor-time.ts';
import { at, spreadOf, type Spread } from './statistics.ts';

/** One row of a comparison: what so many callers do at once, again and again. */
export type Contender = Readonly<{
  name: string;
  callers: number;
  /** How many events one call stores or reads. @default 1 */
  eventsPerCall?: number;
  /** Runs before each of its rounds and is not measured. */
  before?: () => Promise<unknown>;
  call: (caller: number) => Promise<unknown>;
}>;

export type Pace = Readonly<{
  /** How long each contender runs in a round. */
  seconds: number;
  rounds: number;
  /** Process id of the server's main process, when it runs on this machine and is ours to look at. */
  serverPid?: number | undefined;
  /** Measures only the rows whose name and callers, as in `append, 32 callers`, contain one of these texts. @default all */
  only?: readonly string[];
  /** Told what runs now. */
  say: (line: string) => void;
}>;

export type Figures = Readonly<{
  eventsPerSecond: Spread;
  /** Medians over the rounds of each round's percentile. */
  p50Ms: number;
  p99Ms: number;
  /** Processor time, which a busy machine disturbs less than it does the rate. */
  nodeMicrosecondsPerEvent: number;
  postgresMicrosecondsPerEvent: number | undefined;
}>;

export type Measured = Readonly<{ name: string; callers: number; eventsPerCall: number; figures: Figures }>;

type Round = Readonly<{ eventsPerSecond: number } & Omit<Figures, 'eventsPerSecond'>>;

/**
 * Measures contenders in turns: after a warm-up of each, every round runs all of them, each round beginning with another
 * one, so that what disturbs the machine for a while disturbs all rows alike. Rows come back in the order given.
 */
export async function measureTogether(all: readonly Contender[], pace: Pace): Promise<readonly Measured[]> {
  const { only } = pace;
  const contenders = only ? all.filter((one) => only.some((text) => label(one).includes(text))) : all;
  const warmUpSeconds = Math.min(1, pace.seconds / 2);
  for (const contender of contenders) {
    pace.say(`warm-up: ${label(contender)}`);
    await runFor(warmUpSeconds, contender, pace);
  }
  const rounds = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const contender of rotated(contenders, round)) {
      pace.say(`round ${round + 1} of ${pace.rounds}: ${label(contender)}`);
      rounds.get(contender)?.push(await runFor(pace.seconds, contender, pace));
    }
  }
  return contenders.map((contender) => measured(contender, rounds.get(contender) ?? []));
}

const label = ({ name, callers }: Contender): string => `${name}, ${callers} caller${callers === 1 ? '' : 's'}`;

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function runFor(
  seconds: number,
  { callers, call, before, eventsPerCall = 1 }: Contender,
  { serverPid }: Pace,
): Promise<Round> {
  await before?.();
  globalThis.gc?.();
  const latencies: number[] = [];
  const timeBefore = processorTime(serverPid);
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      let now = performance.now();
      do {
        const calledAt = now;
        await call(caller);
        now = performance.now();
        latencies.push(now - calledAt);
      } while (now < endsAt);
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const timeAfter = processorTime(serverPid);
  const events = latencies.length * eventsPerCall;
  const sorted = Float64Array.from(latencies).sort();
  return {
    eventsPerSecond: events / tookSeconds,
    p50Ms: at(sorted, 0.5),
    p99Ms: at(sorted, 0.99),
    nodeMicrosecondsPerEvent: (timeAfter.node - timeBefore.node) / events,
    postgresMicrosecondsPerEvent:
      timeAfter.postgres === undefined || timeBefore.postgres === undefined
        ? undefined
        : (timeAfter.postgres - timeBefore.postgres) / events,
  };
}

function measured({ name, callers, eventsPerCall = 1 }: Contender, rounds: readonly Round[]): Measured {
  const median = (of: (round: Round) => number): number => spreadOf(rounds.map(of)).median;
  const seesServer = rounds.every(({ postgresMicrosecondsPerEvent }) => postgresMicrosecondsPerEvent !== undefined);
  return {
    name,
    callers,
    eventsPerCall,
    figures: {
      eventsPerSecond: spreadOf(rounds.map(({ eventsPerSecond }) => eventsPerSecond)),
      p50Ms: median(({ p50Ms }) => p50Ms),
      p99Ms: median(({ p99Ms }) => p99Ms),
      nodeMicrosecondsPerEvent: median(({ nodeMicrosecondsPerEvent }) => nodeMicrosecondsPerEvent),
      postgresMicrosecondsPerEvent: seesServer
        ? median(({ postgresMicrosecondsPerEvent = 0 }) => postgresMicrosecondsPerEvent)
        : undefined,
    },
  };
}
