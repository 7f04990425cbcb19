import type { AgentDefinition } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { Append } from '#libs/event-store';
import type { SimulatedEvent } from '../../simulation/publication.ts';
import { AGENTS } from '../../tools/evaluate/agents.ts';
import { lifeOf } from '../../tools/evaluate/story.ts';
import type { Bench } from '../harness/bench.ts';
import { measureTogether, type TimedContender } from '../harness/measure.ts';
import type { Report } from '../harness/report.ts';
import type { StewardLog } from '../harness/steward-log.ts';
import { withResources } from '../harness/with-resources.ts';
import { catchUp, openAgentRun } from './agent-runs.ts';
import { appendAll, appendOf, appendSettings, openAgentLog } from './business-log.ts';

const SCHEMA = 'bench_agents_run';
const BUSINESS = 'restaurant';
const HISTORY_DAYS = 365;
const WANTED_P99_MS = 50;

/** What an agent needs from a new fact to a committed run, when it knows a year of the business. */
export async function run({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    const log = await openAgentLog(url, SCHEMA, atEnd);
    const life = new Life();
    await appendSettings(log.store, BUSINESS, life.settings);
    const told = await appendAll(log.store, life.history());
    pace.say(`${told} events of ${HISTORY_DAYS} days are in the log`);
    const contenders: TimedContender[] = [];
    const slowestMs = new Map<string, number>();
    for (const agent of AGENTS) {
      pace.say(`${agent.id} reads them`);
      contenders.push(await agent.use((definition) => running(definition, { log, life, slowestMs })));
    }
    const measured = await measureTogether(contenders, pace);
    return {
      topic: 'agents-run',
      title: `one new event, when the agent knows ${told} events of ${HISTORY_DAYS} days`,
      rows: measured,
      tables: [
        {
          head: ['slowest run of all rounds', 'ms'],
          rows: [...slowestMs].map(([name, ms]) => ({ name, values: [ms] })),
        },
      ],
      goals: measured.map(({ name, figures }) => ({
        name: `${name}, p99`,
        wanted: { atMost: WANTED_P99_MS },
        unit: 'ms',
        found: figures.p99Ms,
      })),
      notes: [
        'A run reads the log from where it stood, enters the fact, looks where detectors say so, decides by rules and commits. Rates count this time alone, not the append before it.',
      ],
    };
  });
}

/** A simulated business, event by event: first its history, then what happens from there on. */
class Life {
  readonly settings: BusinessSettings;
  readonly #events: Iterator<SimulatedEvent, unknown>;
  readonly #endMs: number;

  constructor() {
    const { settings, business, endMs } = lifeOf(BUSINESS, { days: HISTORY_DAYS, seed: 1 });
    this.settings = settings;
    this.#events = business[Symbol.iterator]();
    this.#endMs = endMs;
  }

  *history(): Generator<Append> {
    for (let isHistory = true; isHistory;) {
      const { atMs, append } = this.#next();
      isHistory = atMs < this.#endMs;
      yield append;
    }
  }

  next(): Append {
    return this.#next().append;
  }

  #next(): Readonly<{ atMs: number; append: Append }> {
    const { value, done } = this.#events.next();
    if (done === true) throw new Error('The simulated business has ended.');
    return { atMs: value.atMs, append: appendOf(BUSINESS, value.event, this.settings.business.timeZone) };
  }
}

/** Appends one event at a time, and measures the run that follows; events that the agent does not take are runs, too. */
async function running<Book>(
  definition: AgentDefinition<Book>,
  { log, life, slowestMs }: Readonly<{ log: StewardLog; life: Life; slowestMs: Map<string, number> }>,
): Promise<TimedContender> {
  const agentRun = await openAgentRun(definition, log);
  await catchUp(agentRun);
  const { signal } = new AbortController();
  return {
    name: definition.id,
    // The others went on meanwhile.
    before: () => catchUp(agentRun),
    run: async (seconds) => {
      const latenciesMs: number[] = [];
      const endsAt = performance.now() + seconds * 1_000;
      while (performance.now() < endsAt) {
        await log.store.append(life.next());
        const startedAt = performance.now();
        const { failedLooks } = await agentRun.next(signal);
        latenciesMs.push(performance.now() - startedAt);
        if (failedLooks > 0) throw new Error(`${failedLooks} looks of ${definition.id} failed.`);
      }
      slowestMs.set(definition.id, Math.max(slowestMs.get(definition.id) ?? 0, ...latenciesMs));
      return { events: latenciesMs.length, seconds: latenciesMs.reduce((sum, ms) => sum + ms, 0) / 1_000, latenciesMs };
    },
  };
}
