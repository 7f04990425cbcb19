import { parseBusinessEvent, type CloudEvent } from '#libs/contracts';
import { correlationId, DAY_MS, HOUR_MS, tenantId } from '#libs/kernel';
import { Assessor, type AnyAgent, type Assessed, type LoggedFact } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import type { AgentEntry } from './evaluated.ts';

/** What agents made of one business, without any server. */
export type PlayedInMemory = Readonly<{
  entries: readonly AgentEntry[];
  /** Looks that threw, in words. */
  failures: readonly string[];
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

/** A history that is loaded long afterwards, as the evaluation does it through the service. */
const LOADED_LATER_MS = 365 * DAY_MS;

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
    recordedAtMs: occurredAtMs + LOADED_LATER_MS,
  };
  return { ...parsed, ...place };
}

/** Plays events through agents, each as the service's runner does it, one event at a time. */
export function playInMemory(
  events: readonly CloudEvent[],
  agents: readonly AnyAgent[],
  settings: BusinessSettings,
  onProgress: (share: number) => void = () => undefined,
): PlayedInMemory {
  const atWork = agents.map((agent) => putToWork(agent, settings));
  const entries: AgentEntry[] = [];
  const failures: string[] = [];
  const runsMs = new Map<string, number[]>(atWork.map(({ agentId }) => [agentId, []]));
  const note = (agentId: string, assessed: readonly Assessed[]): void => {
    for (const one of assessed) {
      if (one.kind === 'failed') failures.push(failureText(agentId, one));
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
    onProgress((index + 1) / events.length);
  }
  // Nothing more comes, so its last day is over.
  for (const agent of atWork) note(agent.agentId, agent.takeIdleTurns(lastMs + LOADED_LATER_MS + HOUR_MS, HOUR_MS));
  return { entries, failures, runsMs };
}

function failureText(agentId: string, { detectorId, error, atMs }: Extract<Assessed, { kind: 'failed' }>): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${agentId} ${detectorId} at ${new Date(atMs).toISOString()}: ${what}`;
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
