import { correlationId, DAY_MS, type Clock, type EventId, type IdSource } from '#libs/kernel';
import type { DecisionMade } from '#libs/contracts';
import { RECENT_POSITIONS, type Assessed, type Finding, type Trigger } from '#libs/agent-kit';
import type { Append, EventMetadata } from '#libs/event-store';
import { withSpan } from '#libs/observability';
import { eventMetadata } from '#libs/service-kit';
import type { DecisionMaker, MadeDecision } from './domain/decision-maker.ts';
import { DECISION_MADE, FINDING_CLEARED, findingStreamId, type RecordedDecision } from './finding-events.ts';
import type { AssessedOfTenant } from './tenant-assessors.ts';

export type DecidingTools = Readonly<{
  maker: DecisionMaker;
  clock: Clock;
  ids: IdSource;
  /** Told of each decision once it is made; it becomes true with the append. */
  onDecision: (decision: DecisionMade, durationMs: number) => void;
  signal: AbortSignal;
}>;

type Who = Readonly<{ id: string; name: string }>;
type Case = Extract<Assessed, { kind: 'decide' }> & AssessedOfTenant;
type Clearing = Extract<Assessed, { kind: 'clear' }> & AssessedOfTenant;

/** What was decided and cleared, as appends that become true together, in the order in which it was found. Writes nothing. */
export async function decideFindings(
  agent: Who,
  assessed: readonly AssessedOfTenant[],
  tools: DecidingTools,
): Promise<readonly Append[]> {
  return Promise.all(
    assessed.flatMap((one) => {
      if (one.kind === 'decide') return [decide(agent, one, tools)];
      return one.kind === 'clear' ? [Promise.resolve(clearing(agent, one, tools))] : [];
    }),
  );
}

/** Decides within the trace of the event that made the finding. */
async function decide(agent: Who, one: Case, tools: DecidingTools): Promise<Append> {
  const { finding, trigger, tenant, key, atMs } = one;
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.id': agent.id,
    'gen_ai.agent.name': agent.name,
    'gen_ai.conversation.id': trigger.correlationId,
  };
  return withSpan(`invoke_agent ${agent.id}`, { attributes, parent: carrierOf(trigger) }, async () => {
    const startedAt = performance.now();
    const isPast = tools.clock.now().getTime() - atMs > DAY_MS;
    const made = await tools.maker.decide({ agentId: agent.id, finding, isPast }, tools.signal);
    const decision = recordedDecision(agent, one, { made, id: tools.ids.next(), at: tools.clock.now() });
    tools.onDecision(decision, performance.now() - startedAt);
    return {
      tenant,
      streamId: findingStreamId(agent.id, key),
      // The run's checkpoint, which the same transaction moves, is what keeps a finding from being decided twice.
      expected: 'any',
      events: [{ type: DECISION_MADE, typeVersion: 1, data: decision }],
      metadata: metadataOf(agent, trigger, tools),
    };
  });
}

function recordedDecision(
  agent: Who,
  one: Case,
  { made, id, at }: { readonly made: MadeDecision; readonly id: EventId; readonly at: Date },
): RecordedDecision {
  const { finding, trigger, logPosition } = one;
  const { judgement: judged, ...by } = made;
  const { confidenceBasis, ...judgement } = judged;
  return {
    decisionId: id,
    agentId: agent.id,
    decisionType: one.decisionType,
    subjectRef: one.subject,
    ...judgement,
    ...(confidenceBasis === undefined ? {} : { confidenceBasis: [...confidenceBasis] }),
    ...by,
    finding: findingRef(one),
    evidence: evidenceOf(finding),
    businessTime: new Date(one.atMs).toISOString(),
    basedOn: { logPosition, eventIds: trigger.eventId === '' ? [] : [trigger.eventId] },
    decidedAt: at.toISOString(),
    evidencePositions: positionsOf(finding, trigger),
  };
}

function findingRef({ key, detectorId: detector, findingKind: kind, change, finding }: Case): DecisionMade['finding'] {
  return { key, detector, kind, change, state: finding.state, grade: finding.grade };
}

function evidenceOf({ evidence: { figures, consulted } }: Finding): DecisionMade['evidence'] {
  return {
    figures: [...figures],
    ...(consulted === undefined || consulted.length === 0
      ? {}
      : { consulted: consulted.map((one) => ({ ...one, figures: [...one.figures] })) }),
  };
}

/** What the finding names, and the event that set the look off. */
function positionsOf({ evidence }: Finding, { position }: Trigger): readonly number[] {
  const all = new Set([...evidence.positions, ...(position > 0 ? [position] : [])]);
  return [...all].toSorted((left, right) => left - right).slice(-RECENT_POSITIONS);
}

function clearing(agent: Who, { tenant, key, atMs, trigger }: Clearing, tools: DecidingTools): Append {
  const clearedAt = tools.clock.now().toISOString();
  const data = { agentId: agent.id, key, clearedAt, businessTime: new Date(atMs).toISOString() };
  return {
    tenant,
    streamId: findingStreamId(agent.id, key),
    expected: 'any',
    events: [{ type: FINDING_CLEARED, typeVersion: 1, data }],
    metadata: metadataOf(agent, trigger, tools),
  };
}

function metadataOf(agent: Who, trigger: Trigger, { clock, ids }: DecidingTools): EventMetadata {
  return eventMetadata({
    clock,
    ids,
    actor: `agent:${agent.id}`,
    causationId: trigger.eventId === '' ? undefined : trigger.eventId,
    correlationId: trigger.correlationId === '' ? undefined : correlationId(trigger.correlationId),
  });
}

function carrierOf({ traceparent }: Trigger): Record<string, string> {
  return traceparent === null ? {} : { traceparent };
}
