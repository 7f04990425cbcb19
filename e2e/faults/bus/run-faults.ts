import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '#libs/testing';
import { Random } from '../../../simulation/random.ts';
import { checkHistory, type Violation } from './check-history.ts';
import type { Fault, FaultTimes } from './faults.ts';
import type { History } from './history.ts';
import { readHistory } from './read-history.ts';
import { STREAM, type BusSystem } from './system.ts';

export type RunOptions = Readonly<{
  faults: readonly Fault[];
  rounds: number;
  seed: number;
  times: FaultTimes;
  /** Waits in the end until the broker has nothing left that could come once more. */
  untilAcknowledged: boolean;
  onStruck?: (struck: Struck) => void;
}>;

/** One fault of a run: when it began, and how long after its end everything of before and of the moment after was applied. */
export type Struck = Readonly<{ kind: string; round: number; at: number; tookMs: number; recoveredMs: number }>;

export type Outcome = Readonly<{
  /** What the programs complained of before anything had failed. */
  complaints: readonly string[];
  struck: readonly Struck[];
}> &
  Judgement;

export type Judgement = Readonly<{
  history: History;
  found: readonly Violation[];
  /** How long it took until nothing was under way, and what was, each once. */
  quietMs: number;
  waitedFor: readonly string[];
}>;

/** Longer than whatever has to pass first: a lease, a request that nobody answers, the time of a message that was not acknowledged. */
const RECOVERED_WITHIN_MS = 90_000;
const QUIET_WITHIN_MS = 180_000;
/** Under load alone, before something fails. */
const UNDISTURBED_MS = 1_000;
const AFTERMATH_MS = 250;
/** Far less than the time after which a consumer compares itself with the log by itself. */
const APPLIED_WITHIN_MS = 5_000;

/** Lets everything happen under load, waits until nothing is under way, and judges the whole history. */
export async function runFaults(system: BusSystem, options: RunOptions): Promise<Outcome> {
  const struck: Struck[] = [];
  const random = Random.fromSeed(options.seed);
  const complaints = await workUndisturbed(system);
  system.load();
  for (let round = 0; round < options.rounds; round += 1) {
    for (const fault of options.faults) {
      await delay(UNDISTURBED_MS);
      const one = await strike(fault, { system, random, round, times: options.times });
      struck.push(one);
      options.onStruck?.(one);
      await system.fill();
    }
  }
  return { complaints, struck, ...(await judged(system, options.untilAcknowledged)) };
}

/**
 * What heals itself may hide that it never worked: without a fault, and without later events that would show a gap,
 * everything comes at once. @returns what the programs complained of meanwhile
 */
async function workUndisturbed(system: BusSystem): Promise<readonly string[]> {
  system.load();
  await delay(UNDISTURBED_MS);
  await system.pause();
  await system.applied(await system.head(), { withinMs: APPLIED_WITHIN_MS });
  return system.notes.map(({ instance, what }) => `${instance}: ${what}`);
}

async function strike(fault: Fault, stage: Parameters<Fault['strike']>[0]): Promise<Struck> {
  const { system, round } = stage;
  const [at, began] = [Date.now(), performance.now()];
  await fault.strike(stage);
  const ended = performance.now();
  // Who was killed just now may have had nothing left to do: it shows by what comes next.
  await delay(AFTERMATH_MS);
  await system.applied(await system.head(), { withinMs: RECOVERED_WITHIN_MS });
  const now = performance.now();
  return { kind: fault.kind, round, at, tookMs: ended - began, recoveredMs: now - ended };
}

/** What the checker says once nothing is under way, or after the time that this may take. */
async function judged(system: BusSystem, untilAcknowledged: boolean): Promise<Judgement> {
  await system.pause();
  const began = performance.now();
  const head = await system.head();
  const waitedFor = new Set<string>();
  const isQuiet = async (): Promise<void> => {
    await system.applied(head, { withinMs: 1_000 });
    if (untilAcknowledged) await nothingComesAgain(system);
    const found = checkHistory(await readHistory(system));
    for (const { kind } of found) waitedFor.add(kind);
    if (found.length > 0) throw new Error(`${found.length} violations`);
  };
  // What is still so after that time is what the checker is for.
  await eventually(isQuiet, { withinMs: QUIET_WITHIN_MS, everyMs: 500 }).catch((error: unknown) => {
    waitedFor.add(String(error));
  });
  const quietMs = performance.now() - began;
  const history = await readHistory(system);
  return { history, found: checkHistory(history), quietMs, waitedFor: [...waitedFor] };
}

async function nothingComesAgain(system: BusSystem): Promise<void> {
  await system.onBus(async ({ manager }) => {
    for await (const { name, config, num_pending, num_ack_pending } of manager.consumers.list(STREAM)) {
      if (config.durable_name === undefined || num_pending + num_ack_pending === 0) continue;
      throw new Error(`${num_pending} messages wait for ${name}, and ${num_ack_pending} for its acknowledgement.`);
    }
  });
}
