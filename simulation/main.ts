/** The simulated business as a program; `--help` tells its options. */
import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { DAY_MS, DomainError, MINUTE_MS, SECOND_MS, timeZone } from '#libs/kernel';
import { openPublisher } from '../tools/publisher/event-publisher.ts';
import { plannedScenarios, readOptions, USAGE } from './options.ts';
import type { SimulationOptions } from './options.ts';
import { readBusiness } from './profile.ts';
import { Reporter, say } from './reporter.ts';
import { runSimulation } from './run.ts';
import { defaultStart, simulateBusiness } from './simulate-business.ts';
import { newState, readState, resume, saveState, storyOf } from './state.ts';
import type { SimulationState } from './state.ts';

const RESTAURANT = join(dirname(dirname(fileURLToPath(import.meta.url))), 'config', 'restaurant.yaml');
const SUMMARY_EVERY_MS = 10_000;
const DEFAULT_SEED = 1;
const SHORTEST_TICK_MS = 50;
const LONGEST_TICK_MS = 60_000;

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
  const { stateFile, seed, from, historyDays, businessFile, connection } = options;
  const stored = stateFile === undefined ? undefined : readState(stateFile);
  const { settings, profile } = readBusiness(businessFile ?? RESTAURANT);
  const days = historyDays ?? stored?.historyDays ?? profile.historicalDays;
  const scenarios = options.scenarios && plannedScenarios(options.scenarios, days);
  if (stored !== undefined) {
    const businessName = businessFile === undefined ? undefined : settings.business.name;
    const wanted = { seed, from, tenant: connection.tenant, historyDays, businessName, scenarios };
    return resume(stored, wanted, stateFile ?? '');
  }
  return newState({
    settings,
    profile,
    seed: seed ?? DEFAULT_SEED,
    from: from ?? defaultStart(Date.now(), timeZone(settings.business.timeZone), days),
    tenant: connection.tenant,
    historyDays: days,
    scenarios,
  });
}

async function waitFor(delayMs: number, stop: AbortSignal): Promise<void> {
  try {
    await delay(delayMs, undefined, { signal: stop });
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

function endOf({ days }: SimulationOptions, { from, profile }: SimulationState, historyEndMs: number): number {
  const endMs = days === undefined ? Infinity : Date.parse(from) + days * DAY_MS;
  return profile.mode === 'historical' ? Math.min(endMs, historyEndMs) : endMs;
}

async function simulate(options: SimulationOptions): Promise<void> {
  const { connection, stateFile, labelsFile } = options;
  const state = initialState(options);
  const { profile, settings, seed, from, simulatedTime, historyDays } = state;
  if (!profile.enabled || profile.mode === 'off') {
    say('nothing is simulated: the settings say so', { enabled: profile.enabled, mode: profile.mode });
    return;
  }
  const stop = stopSignal();
  const speed = options.speed ?? profile.speedMultiplier;
  const business = simulateBusiness(storyOf(state));
  const reporter = new Reporter(business, from, simulatedTime);
  const who = { business: settings.business.name, url: connection.url, tenant: connection.tenant };
  say('simulation starts', { ...who, seed, from, historyDays, simulatedTime, speed });
  const summaries = setInterval(() => {
    reporter.goesOn();
  }, SUMMARY_EVERY_MS);
  try {
    await runSimulation({
      events: business,
      state,
      historyEndMs: business.historyEndMs,
      endMs: endOf(options, state, business.historyEndMs),
      ...(profile.durationMinutes === 0 ? {} : { longestMs: profile.durationMinutes * MINUTE_MS }),
      speed,
      tickMs: Math.min(LONGEST_TICK_MS, Math.max(SHORTEST_TICK_MS, (profile.simulationInterval * SECOND_MS) / speed)),
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
      onLabels: (labels) => {
        if (labelsFile !== undefined)
          appendFileSync(labelsFile, labels.map((label) => `${JSON.stringify(label)}\n`).join(''));
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
