/** The simulated restaurant as a program; `--help` tells its options. */
import { setTimeout as delay } from 'node:timers/promises';
import { DAY_MS, DomainError } from '#libs/kernel';
import { openPublisher } from '../tools/publisher/event-publisher.ts';
import { ITEMS } from './catalogue.ts';
import { readOptions, USAGE } from './options.ts';
import type { SimulationOptions } from './options.ts';
import { defaultStart, Pace } from './pace.ts';
import { restaurant } from './restaurant.ts';
import type { Restaurant } from './restaurant.ts';
import { runSimulation } from './run.ts';
import type { RunPlan, Totals } from './run.ts';
import { newState, readState, resume, saveState } from './state.ts';
import type { SimulationState } from './state.ts';

const SUMMARY_EVERY_MS = 10_000;
const DEFAULT_SEED = 1;

function say(what: string, facts: object): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), what, ...facts }));
}

function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      say('stopping', { signal: name });
      stop.abort();
    });
  }
  return stop.signal;
}

function initialState(options: SimulationOptions): SimulationState {
  const { stateFile, seed, from, connection } = options;
  const stored = stateFile === undefined ? undefined : readState(stateFile);
  if (stored !== undefined) return resume(stored, { seed, from, tenant: connection.tenant }, stateFile ?? '');
  return newState(seed ?? DEFAULT_SEED, from ?? defaultStart(Date.now()), connection.tenant);
}

async function waitFor(delayMs: number, stop: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Tells how it goes, at most once in ten seconds, and each event that the API refused. */
class Reporter {
  readonly #business: Restaurant;
  #totals: Readonly<Totals> = { sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  #simulatedTime: string;

  constructor(business: Restaurant, simulatedTime: string) {
    this.#business = business;
    this.#simulatedTime = simulatedTime;
  }

  readonly onBatch: RunPlan['onBatch'] = (result, totals, { simulatedTime }) => {
    this.#totals = totals;
    this.#simulatedTime = simulatedTime;
    for (const { id, problem } of result.items) {
      if (problem !== undefined)
        say('error: the API rejected an event', { id, code: problem.code, ...detail(problem) });
    }
  };

  summary(what: string): void {
    say(what, {
      simulatedTime: this.#simulatedTime,
      ...this.#totals,
      lostUnits: this.#business.lostUnits,
      stock: Object.fromEntries(ITEMS.map(({ sku }) => [sku, this.#business.stockOf(sku)])),
    });
  }
}

function detail(problem: Readonly<{ detail: string; errors?: readonly object[] | undefined }>): object {
  return { detail: problem.detail, ...(problem.errors === undefined ? {} : { errors: problem.errors.slice(0, 5) }) };
}

async function simulate(options: SimulationOptions): Promise<void> {
  const { connection, speed, days, stateFile } = options;
  const stop = stopSignal();
  const state = initialState(options);
  const fromMs = Date.parse(state.from);
  const endMs = days === undefined ? Infinity : fromMs + days * DAY_MS;
  const business = restaurant(state.seed, new Date(fromMs), state.tenant);
  const reporter = new Reporter(business, state.simulatedTime);
  const { seed, from, simulatedTime } = state;
  say('simulation starts', { url: connection.url, tenant: connection.tenant, seed, from, simulatedTime, speed });
  const summaries = setInterval(() => {
    reporter.summary('simulation goes on');
  }, SUMMARY_EVERY_MS);
  try {
    await runSimulation({
      events: business,
      state,
      pace: new Pace(Date.parse(simulatedTime), performance.now(), speed, endMs),
      endMs,
      publisher: openPublisher({
        ...connection,
        stop,
        onWait: (reason, delayMs) => {
          say('waiting for the API', { reason, delayMs });
        },
      }),
      stop,
      elapsedMs: () => performance.now(),
      wait: (delayMs) => waitFor(delayMs, stop),
      save: (current) => {
        if (stateFile !== undefined) saveState(stateFile, current);
      },
      onBatch: reporter.onBatch,
    });
  } finally {
    clearInterval(summaries);
    reporter.summary('simulation ends');
  }
}

try {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') console.log(USAGE);
  else await simulate(options);
} catch (error) {
  if (!(error instanceof DomainError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
