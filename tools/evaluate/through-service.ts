import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { decisionSchema } from '#libs/contracts';
import { Database, position, readCheckpoint, START, type EventStore, type RecordedEvent } from '#libs/event-store';
import {
  ASSESSMENT_COMPLETED,
  ASSESSMENT_FAILED,
  DECISION_MADE,
  FINDING_CLEARED,
  findingClearedSchema,
} from '../../apps/agent-service/src/agents/finding-events.ts';
import { startAgentService, type AgentService } from '../../bench/harness/agent-service.ts';
import { openNats } from '../../bench/harness/nats.ts';
import { until } from '../../bench/harness/paced.ts';
import { openServer } from '../../bench/harness/server.ts';
import { storeOf } from '../../bench/harness/steward-log.ts';
import { withResources } from '../../bench/harness/with-resources.ts';
import { openPublisher } from '../publisher/event-publisher.ts';
import type { Progress } from '../terminal-bar.ts';
import { AGENTS } from './agents.ts';
import type { AgentEntry } from './evaluated.ts';
import type { Played } from './played.ts';
import type { ToldStory } from './story.ts';

const BATCH = 200;
const ASSESSED_WITHIN_MS = 15 * 60_000;
/** A business whose history was loaded is looked at once more in the morning after it, when nothing came for 10 s. */
const MORNING_AFTER_MS = 12_000;
const PAGE = 2_000;

type OnProgress = (progress: Progress) => void;
type Running = Readonly<{ service: AgentService; database: Database; store: EventStore; onProgress: OnProgress }>;

/** Has the real service look after the stories, each as a tenant: its own process, Postgres and nats-server, events over HTTP. */
export function playThroughService(stories: readonly ToldStory[], onProgress: OnProgress): Promise<Played> {
  return withResources(async (atEnd) => {
    onProgress({ text: 'starting Postgres, nats-server and the agent-service' });
    const server = await openServer(undefined);
    atEnd(() => server.close());
    const nats = await openNats(atEnd);
    const service = await startAgentService(server.url, nats.url, atEnd);
    const database = new Database({ url: service.databaseUrl, schema: 'agent', applicationName: 'evaluate' });
    const store = storeOf(database);
    atEnd(async () => {
      await store.close();
      await database.close();
    });
    const running = { service, database, store, onProgress };
    for (const story of stories) await setSettings(service, story);
    const startedAt = performance.now();
    await publishAll(running, stories);
    await assessed(running, await store.head());
    const seconds = (performance.now() - startedAt) / 1_000;
    onProgress({ text: 'waiting for the morning after' });
    await delay(MORNING_AFTER_MS);
    await assessed(running, await store.head());
    return { ...(await readLog(store, stories)), seconds };
  });
}

async function setSettings({ url }: AgentService, { name, settings }: ToldStory): Promise<void> {
  const answer = await fetch(`${url}/v1/settings?tenant=${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  if (!answer.ok) throw new Error(`The settings of ${name} were refused with ${answer.status}: ${await answer.text()}`);
}

/** One request at a time for each business, as a till would send what it kept. */
async function publishAll({ service, onProgress }: Running, stories: readonly ToldStory[]): Promise<void> {
  const total = stories.reduce((sum, { events }) => sum + events.length, 0);
  let sent = 0;
  const publish = async ({ name, events }: ToldStory): Promise<void> => {
    const publisher = openPublisher({ url: service.url, stop: new AbortController().signal, patienceMs: 60_000 });
    for (let from = 0; from < events.length; from += BATCH) {
      const { rejected, items } = await publisher.publish(events.slice(from, from + BATCH));
      const problem = items.find((item) => item.problem !== undefined)?.problem;
      if (rejected > 0) throw new Error(`The service rejected ${rejected} events of ${name}: ${problem?.detail ?? ''}`);
      sent += items.length;
      onProgress({ share: sent / total, text: `${sent} of ${total} events published` });
    }
  };
  await Promise.all(stories.map(publish));
}

/** Waits until every agent has looked at the log up to there. */
async function assessed({ database, onProgress }: Running, head: number): Promise<void> {
  const behind = async (): Promise<number> => {
    const positions = await Promise.all(
      AGENTS.map(({ id }) => readCheckpoint(database, `agent:${id}`, 1).then((checkpoint) => checkpoint.position)),
    );
    const least = Math.min(...positions);
    onProgress({ share: least / head, text: `assessed up to ${least} of ${head}` });
    return head - least;
  };
  await until('the agents have assessed all', async () => (await behind()) <= 0, {
    everyMs: 100,
    withinMs: ASSESSED_WITHIN_MS,
  });
}

type FromLog = { entries: Map<ToldStory, AgentEntry[]>; runsMs: Map<string, number[]>; failures: string[] };

async function readLog(store: EventStore, stories: readonly ToldStory[]): Promise<FromLog> {
  const read: FromLog = {
    entries: new Map(stories.map((story) => [story, []])),
    runsMs: new Map(AGENTS.map(({ id }) => [id, []])),
    failures: [],
  };
  for (let after = START; ;) {
    const events = await store.readAll({ after, limit: PAGE });
    for (const event of events) note(read, event);
    const last = events.at(-1);
    if (!last) return read;
    after = position(last.position);
  }
}

const assessmentSchema = z.object({
  agentId: z.string(),
  durationMs: z.number(),
  reason: z.string().optional(),
});

function note({ entries, runsMs, failures }: FromLog, { type, tenant, data }: RecordedEvent): void {
  if (type === ASSESSMENT_COMPLETED || type === ASSESSMENT_FAILED) {
    const { agentId, durationMs, reason } = assessmentSchema.parse(data);
    runsMs.get(agentId)?.push(durationMs);
    if (reason !== undefined) failures.push(`${agentId}: ${reason}`);
    return;
  }
  const [, ofStory] = [...entries].find(([{ name }]) => name === String(tenant)) ?? [];
  if (type === DECISION_MADE) ofStory?.push(decisionOf(data));
  if (type === FINDING_CLEARED) {
    const { agentId, key, businessTime = '' } = findingClearedSchema.parse(data);
    ofStory?.push({ kind: 'clearing', clearing: { agentId, key, atMs: Date.parse(businessTime) } });
  }
}

function decisionOf(data: unknown): AgentEntry {
  const { agentId, decisionType, subjectRef, finding, businessTime = '', reasoning } = decisionSchema.parse(data);
  if (!finding) throw new Error(`A decision of ${agentId} about ${subjectRef} does not say what was found.`);
  const { key, kind, state, change } = finding;
  return {
    kind: 'decision',
    decision: {
      agentId,
      decisionType,
      subjectRef,
      atMs: Date.parse(businessTime),
      finding: { key, kind, state, change },
      reasoning,
    },
  };
}
