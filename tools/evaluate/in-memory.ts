import { parseBusinessEvent, type CloudEvent } from '#libs/contracts';
import { correlationId, tenantId } from '#libs/kernel';
import { Assessor, type AnyAgent, type Assessed, type LoggedFact } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { AgentEntry } from './evaluated.ts';

/** What agents made of one business, without any server. */
export type PlayedInMemory = Readonly<{
  entries: readonly AgentEntry[];
  /** Looks that threw. */
  failures: readonly Readonly<{ agentId: string; detectorId: string; error: unknown }>[];
  /** How long each fact took its agent, milliseconds. */
  runsMs: ReadonlyMap<string, readonly number[]>;
}>;

/** One agent at work on one business. */
export interface AgentAtWork {
  readonly agentId: string;
  /** Whether it takes facts of this type. */
  handles: (type: string) => boolean;
  take: (fact: LoggedFact) => readonly Assessed[];
  takeIdleTurns: (nowMs: number, idleMs: number) => readonly Assessed[];
}

const HOUR_OF_SILENCE_MS = 60 * 60_000;

/** Has an agent begin on a business of which it knows nothing. */
export function putToWork(agent: AnyAgent, settings: BusinessSettings): AgentAtWork {
  return agent.use((definition): AgentAtWork => {
    const assessor = new Assessor(definition, tenantId('demo'), { settings });
    const handled = new Set<string>(definition.handles);
    return {
      agentId: definition.id,
      handles: (type) => handled.has(type),
      take: (fact) => assessor.take(fact),
      takeIdleTurns: (nowMs, idleMs) => assessor.takeIdleTurns(nowMs, idleMs),
    };
  });
}

/** A published event as the log would tell it at this position. */
export function loggedFact(event: CloudEvent, position: number): LoggedFact {
  const parsed = parseBusinessEvent(event);
  const occurredAtMs = Date.parse(event.time ?? '');
  const place = {
    tenant: tenantId('demo'),
    position,
    eventId: event.id,
    correlationId: correlationId(event.correlationid ?? event.id),
    traceparent: null,
    occurredAtMs,
    recordedAtMs: occurredAtMs,
  };
  return { ...parsed, ...place };
}

/** Plays events through agents, each as the service's runner would; `onProgress` is told the share that is done. */
export function playInMemory(
  events: readonly CloudEvent[],
  agents: readonly AnyAgent[],
  settings: BusinessSettings,
): PlayedInMemory {
  const atWork = agents.map((agent) => putToWork(agent, settings));
  const entries: AgentEntry[] = [];
  const failures: PlayedInMemory['failures'][number][] = [];
  const runsMs = new Map<string, number[]>(atWork.map(({ agentId }) => [agentId, []]));
  const note = (agentId: string, assessed: readonly Assessed[]): void => {
    for (const one of assessed) {
      if (one.kind === 'failed') failures.push({ agentId, detectorId: one.detectorId, error: one.error });
      else entries.push(entryOf(agentId, one));
    }
  };
  let lastMs = 0;
  for (const [index, event] of events.entries()) {
    const fact = loggedFact(event, index + 1);
    lastMs = Math.max(lastMs, fact.occurredAtMs);
    for (const agent of atWork) {
      if (!agent.handles(fact.type)) continue;
      const startedAt = performance.now();
      const assessed = agent.take(fact);
      runsMs.get(agent.agentId)?.push(performance.now() - startedAt);
      note(agent.agentId, assessed);
    }
  }
  for (const agent of atWork) note(agent.agentId, agent.takeIdleTurns(lastMs + HOUR_OF_SILENCE_MS, HOUR_OF_SILENCE_MS));
  return { entries, failures, runsMs };
}

function entryOf(agentId: string, one: Exclude<Assessed, { kind: 'failed' }>): AgentEntry {
  if (one.kind === 'clear') return { kind: 'clearing', clearing: { agentId, key: one.key, atMs: one.atMs } };
  const { decisionType, subject: subjectRef, key, findingKind: kind, change, finding, atMs } = one;
  return {
    kind: 'decision',
    decision: {
      agentId,
      decisionType,
      subjectRef,
      atMs,
      finding: { key, kind, state: finding.state, change },
      reasoning: finding.byRules().reasoning,
    },
  };
}
