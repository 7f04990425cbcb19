import { processorTime, type Helpers, type ProcessorTime } from './processor-time.ts';
import { at, spreadOf, type Spread } from './statistics.ts';

type Row = Readonly<{
  name: string;
  /** Runs before each of its rounds and is not measured. */
  before?: () => Promise<unknown>;
  /** Runs after each of its rounds, also after one that failed. */
  after?: () => Promise<unknown>;
  /** Node processes that work for it during its round, besides this one. */
  helpers?: () => readonly number[];
}>;

/** One row of a comparison: what so many callers do at once, again and again. */
export type CallingContender = Row &
  Readonly<{
    callers: number;
    /** How many events one call stores or reads. @default 1 */
    eventsPerCall?: number;
    call: (caller: number) => Promise<unknown>;
  }>;

/** What a row did in one round, by its own clock. */
export type Stretch = Readonly<{
  events: number;
  seconds: number;
  /** One for each event, or none when the row has only a rate. */
  latenciesMs: readonly number[];
}>;

/** One row that keeps its own time: events at a given rate, or a given number of them. */
export type TimedContender = Row &
  Readonly<{
    /** @param seconds for a row of a given rate; one of a given number of events takes what it takes */
    run: (seconds: number) => Promise<Stretch>;
    /** A row of many events needs none. @default true */
    warmsUp?: boolean;
  }>;

export type Contender = CallingContender | TimedContender;

export type Pace = Readonly<{
  /** How long each contender runs in a round. */
  seconds: number;
  rounds: number;
  /** Process id of the server's main process, when it runs on this machine and is ours to look at. */
  serverPid?: number | undefined;
  /** The same of nats-server, when the rows need one. */
  natsPid?: number | undefined;
  /** Measures only the rows whose name and callers, as in `append, 32 callers`, contain one of these texts. @default all */
  only?: readonly string[];
  /** Told what runs now. */
  say: (line: string) => void;
}>;

export type Figures = Readonly<{
  eventsPerSecond: Spread;
  /** Medians over the rounds of each round's percentile; absent for rows that have only a rate. */
  p50Ms: number | undefined;
  p99Ms: number | undefined;
  /** Processor time, which a busy machine disturbs less than it does the rate. */
  nodeMicrosecondsPerEvent: number;
  postgresMicrosecondsPerEvent: number | undefined;
  natsMicrosecondsPerEvent?: number | undefined;
}>;

export type Measured = Readonly<{
  name: string;
  /** Absent for rows that keep their own time. */
  callers?: number;
  eventsPerCall?: number;
  figures: Figures;
}>;

type Round = Readonly<{ eventsPerSecond: number } & Omit<Figures, 'eventsPerSecond'>>;

/**
 * Measures contenders in turns: after a warm-up of each, every round runs all of them, each round beginning with another
 * one, so that what disturbs the machine for a while disturbs all rows alike. Rows come back in the order given.
 */
export async function measureTogether(all: readonly Contender[], pace: Pace): Promise<readonly Measured[]> {
  const contenders = all.filter((one) => isWanted(label(one), pace));
  const warmUpSeconds = Math.min(1, pace.seconds / 2);
  for (const contender of contenders) {
    if ('run' in contender && contender.warmsUp === false) continue;
    pace.say(`warm-up: ${label(contender)}`);
    await runRound(warmUpSeconds, contender, pace);
  }
  const rounds = new Map<Contender, Round[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < pace.rounds; round += 1) {
    for (const contender of rotated(contenders, round)) {
      pace.say(`round ${round + 1} of ${pace.rounds}: ${label(contender)}`);
      rounds.get(contender)?.push(await runRound(pace.seconds, contender, pace));
    }
  }
  return contenders.map((contender) => measured(contender, rounds.get(contender) ?? []));
}

/** Whether a row is measured, for topics that prepare much for it. */
export function isWanted(rowLabel: string, { only }: Pace): boolean {
  return only === undefined || only.some((text) => rowLabel.includes(text));
}

function label(contender: Contender): string {
  if ('run' in contender) return contender.name;
  const { name, callers } = contender;
  return `${name}, ${callers} caller${callers === 1 ? '' : 's'}`;
}

function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const first = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(first), ...items.slice(0, first)];
}

async function runRound(seconds: number, contender: Contender, pace: Pace): Promise<Round> {
  try {
    await contender.before?.();
    globalThis.gc?.();
    const helpers: Helpers = {
      postgres: pace.serverPid,
      nats: pace.natsPid,
      node: contender.helpers?.() ?? [],
    };
    const timeBefore = processorTime(helpers);
    const stretch = await ('run' in contender ? contender.run(seconds) : callAgain(seconds, contender));
    return roundOf(stretch, timeBefore, processorTime(helpers));
  } finally {
    await contender.after?.();
  }
}

async function callAgain(seconds: number, { callers, call, eventsPerCall = 1 }: CallingContender): Promise<Stretch> {
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      let now = performance.now();
      do {
        const calledAt = now;
        await call(caller);
        now = performance.now();
        latenciesMs.push(now - calledAt);
      } while (now < endsAt);
    }),
  );
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  return { events: latenciesMs.length * eventsPerCall, seconds: tookSeconds, latenciesMs };
}

function roundOf({ events, seconds, latenciesMs }: Stretch, before: ProcessorTime, after: ProcessorTime): Round {
  const sorted = Float64Array.from(latenciesMs).sort();
  const perEvent = (of: 'postgres' | 'nats'): number | undefined => {
    const [from, to] = [before[of], after[of]];
    return from === undefined || to === undefined ? undefined : (to - from) / events;
  };
  return {
    eventsPerSecond: events / seconds,
    p50Ms: sorted.length === 0 ? undefined : at(sorted, 0.5),
    p99Ms: sorted.length === 0 ? undefined : at(sorted, 0.99),
    nodeMicrosecondsPerEvent: (after.node - before.node) / events,
    postgresMicrosecondsPerEvent: perEvent('postgres'),
    natsMicrosecondsPerEvent: perEvent('nats'),
  };
}

function measured(contender: Contender, rounds: readonly Round[]): Measured {
  /** Undefined when one of the rounds lacks it. */
  const median = (of: (round: Round) => number | undefined): number | undefined => {
    const values = rounds.flatMap((round) => of(round) ?? []);
    return values.length < rounds.length ? undefined : spreadOf(values).median;
  };
  return {
    name: contender.name,
    ...('run' in contender ? {} : { callers: contender.callers, eventsPerCall: contender.eventsPerCall ?? 1 }),
    figures: {
      eventsPerSecond: spreadOf(rounds.map(({ eventsPerSecond }) => eventsPerSecond)),
      p50Ms: median(({ p50Ms }) => p50Ms),
      p99Ms: median(({ p99Ms }) => p99Ms),
      nodeMicrosecondsPerEvent: spreadOf(rounds.map((round) => round.nodeMicrosecondsPerEvent)).median,
      postgresMicrosecondsPerEvent: median((round) => round.postgresMicrosecondsPerEvent),
      natsMicrosecondsPerEvent: median((round) => round.natsMicrosecondsPerEvent),
    },
  };
}
