import { Assessor, type AnyAgent, type LoggedFact } from '#libs/agent-kit';
import { DEFAULT_BUSINESS_SETTINGS, type BusinessSettings } from '#libs/business-settings';
import { tenantId, type TenantId } from '#libs/kernel';
import { loggedFactOf } from '../../apps/agent-service/src/agents/logged-fact.ts';
import { AGENTS } from '../../tools/evaluate/agents.ts';
import { tellStory, type ToldStory } from '../../tools/evaluate/story.ts';
import type { Bench } from '../harness/bench.ts';
import { measureTogether, type Stretch, type TimedContender } from '../harness/measure.ts';
import { beside, bestRate, ratio } from '../harness/ratio.ts';
import type { Report } from '../harness/report.ts';
import type { StewardLog } from '../harness/steward-log.ts';
import { withResources, type AtEnd } from '../harness/with-resources.ts';
import { catchUp, openAgentRun } from './agent-runs.ts';
import { appendAll, appendOf, appendSettings, eachEvent, openAgentLog } from './business-log.ts';

const SCHEMA = 'bench_agents_history';
const DAYS = 90;
const WANTED_SECONDS = 60;
const PAGE = 500;
const NAMES = {
  agents: 'through the three agents, committed',
  looking: 'reading, folding and looking, in memory',
  folding: 'reading and folding, in memory',
  reading: 'reading',
} as const;

type Work = Readonly<{ url: string; stories: readonly ToldStory[]; events: number; atEnd: AtEnd }>;

/** 90 days of both businesses through the agents, beside what reading the log and keeping the books alone takes. */
export async function history({ server: { url }, pace }: Bench): Promise<Report> {
  return withResources(async (atEnd) => {
    pace.say(`simulating ${DAYS} days of both businesses`);
    const stories = (['restaurant', 'retail'] as const).map((name) => tellStory(name, { days: DAYS, seed: 1 }));
    const events = stories.reduce((sum, story) => sum + story.events.length, 0);
    const work = { url, stories, events, atEnd };
    const log = await filledLog(SCHEMA, work);
    const measured = await measureTogether(
      [throughAgents(work), inMemory(NAMES.looking, log, work), inMemory(NAMES.folding, log, work), reading(log, work)],
      pace,
    );
    const rate = (name: string): number | undefined => bestRate(measured, (row) => row.name === name);
    const through = rate(NAMES.agents);
    return {
      topic: 'agents-history',
      title: `${DAYS} days of both businesses, ${events} events`,
      rows: measured.map((row) => ({
        ...row,
        beside: beside({ 'of folding': ratio(row.figures.eventsPerSecond.median, rate(NAMES.folding)) }),
      })),
      goals: [
        {
          name: NAMES.agents,
          wanted: { atMost: WANTED_SECONDS },
          unit: 's',
          found: through === undefined ? undefined : events / through,
        },
      ],
      notes: [
        'Each agent reads the log for itself. The three of them run in one process, as in the service; in memory they take turns.',
      ],
    };
  });
}

/** Both businesses in one log, day by day beside each other. */
async function filledLog(schema: string, { url, stories, atEnd }: Work): Promise<StewardLog> {
  const log = await openAgentLog(url, schema, atEnd);
  for (const { name, settings } of stories) await appendSettings(log.store, name, settings);
  const told = stories.flatMap(({ name, settings, events }) =>
    events.map((event) => ({ event, append: appendOf(name, event, settings.business.timeZone) })),
  );
  told.sort((left, right) => (left.event.time ?? '').localeCompare(right.event.time ?? ''));
  await appendAll(
    log.store,
    told.map(({ append }) => append),
  );
  return log;
}

/** A log of its own each time, since decisions are made once. */
function throughAgents(work: Work): TimedContender {
  let round = 0;
  let log: StewardLog | undefined;
  return {
    name: NAMES.agents,
    warmsUp: false,
    before: async () => {
      round += 1;
      log = await filledLog(`${SCHEMA}_${round}`, work);
    },
    run: async () => {
      const used = log;
      if (!used) throw new Error('There is no log.');
      return timed(work.events, async () => {
        await Promise.all(
          AGENTS.map((agent) => agent.use(async (definition) => catchUp(await openAgentRun(definition, used)))),
        );
      });
    },
  };
}

function inMemory(name: string, { store }: StewardLog, { events, stories }: Work): TimedContender {
  const settings = new Map(stories.map((story) => [tenantId(story.name), story.settings]));
  return {
    name,
    warmsUp: false,
    run: () =>
      timed(events, async () => {
        for (const agent of AGENTS) {
          const take = folder(agent, settings, name === NAMES.looking);
          await eachEvent(store, PAGE, (event) => {
            const fact = loggedFactOf(event);
            if (fact) take(fact);
          });
        }
      }),
  };
}

type Folder = Pick<Assessor<never>, 'take' | 'recall'>;

/** Enters facts in the books of one agent, one for each business. */
function folder(
  agent: AnyAgent,
  settings: ReadonlyMap<TenantId, BusinessSettings>,
  isLooking: boolean,
): (fact: LoggedFact) => void {
  return agent.use((definition) => {
    const handled = new Set<string>(definition.handles);
    const assessors = new Map<TenantId, Folder>();
    const assessorOf = (tenant: TenantId): Folder => {
      const known = assessors.get(tenant);
      if (known) return known;
      const assessor = new Assessor(definition, tenant, {
        settings: settings.get(tenant) ?? DEFAULT_BUSINESS_SETTINGS,
      });
      assessors.set(tenant, assessor);
      return assessor;
    };
    return (fact) => {
      if (!handled.has(fact.type)) return;
      if (isLooking) assessorOf(fact.tenant).take(fact);
      else assessorOf(fact.tenant).recall(fact);
    };
  });
}

function reading({ store }: StewardLog, { events }: Work): TimedContender {
  const readForEach = async (): Promise<void> => {
    for (const agent of AGENTS) {
      let read = 0;
      await eachEvent(store, PAGE, () => (read += 1));
      if (read < events) throw new Error(`${agent.id} would have read ${read} of ${events} events.`);
    }
  };
  return { name: NAMES.reading, warmsUp: false, run: () => timed(events, readForEach) };
}

async function timed(events: number, work: () => Promise<void>): Promise<Stretch> {
  const startedAt = performance.now();
  await work();
  return { events, seconds: (performance.now() - startedAt) / 1_000, latenciesMs: [] };
}
