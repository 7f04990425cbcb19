import type { Clock, EventId, IdSource } from '#libs/kernel';
import type { DecisionMade } from '#libs/contracts';
import type { Append, EventMetadata } from '#libs/event-store';
import { withSpan } from '#libs/observability';
import { eventMetadata } from '#libs/service-kit';
import { correlationId } from '#libs/kernel';
import type { AgentDefinition, Finding, Subject, Subjects } from './domain/agent-definition.ts';
import type { DecisionMaker, MadeDecision } from './domain/decision-maker.ts';
import { DECISION_MADE, FINDING_CLEARED, findingStreamId, type RecordedDecision } from './finding-events.ts';

export type AssessmentTools = Readonly<{
  maker: DecisionMaker;
  clock: Clock;
  ids: IdSource;
  /** Told of each decision once it is made; it becomes true with the append. */
  onDecision: (decision: DecisionMade, durationMs: number) => void;
  signal: AbortSignal;
}>;

/** What an assessment found, as appends that become true together. */
export type Assessment = Readonly<{ appends: readonly Append[]; findings: number; decisions: number }>;

/** Looks at each subject: decides about new findings, clears those that are over, leaves the rest. Reads and writes nothing. */
export async function assess<Facts>(
  agent: AgentDefinition<Facts>,
  { subjects, logPosition }: Subjects<Facts>,
  tools: AssessmentTools,
): Promise<Assessment> {
  const looked = subjects.map((subject) => ({ subject, finding: agent.detect(subject.facts) }));
  const toClear = looked.filter(({ subject, finding }) => !finding && subject.open.isDecided);
  const toDecide = looked.flatMap(({ subject, finding }) =>
    finding && !subject.open.isDecided ? [{ subject, finding }] : [],
  );
  const decided = await Promise.all(
    toDecide.map(({ subject, finding }) => decide(agent, { subject, finding, logPosition }, tools)),
  );
  return {
    appends: [...decided, ...toClear.map(({ subject }) => clearing(agent, subject, tools))],
    findings: looked.filter(({ finding }) => finding).length,
    decisions: decided.length,
  };
}

type Case<Facts> = Readonly<{ subject: Subject<Facts>; finding: Finding<Facts>; logPosition: number }>;

/** Decides within the trace of the event that made the finding. */
async function decide<Facts>(agent: AgentDefinition<Facts>, one: Case<Facts>, tools: AssessmentTools): Promise<Append> {
  const { subject, finding } = one;
  const attributes = {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.id': agent.id,
    'gen_ai.agent.name': agent.name,
    'gen_ai.conversation.id': subject.trigger.correlationId,
  };
  return withSpan(`invoke_agent ${agent.id}`, { attributes, parent: carrierOf(subject) }, async () => {
    const startedAt = performance.now();
    const made = await tools.maker.decide(agent, finding, tools.signal);
    const decision = recordedDecision(agent, one, { made, id: tools.ids.next(), at: tools.clock.now() });
    tools.onDecision(decision, performance.now() - startedAt);
    return {
      ...targetOf(agent, subject),
      events: [{ type: DECISION_MADE, typeVersion: 1, data: decision }],
      metadata: metadataOf(agent, subject, tools),
    };
  });
}

function recordedDecision<Facts>(
  agent: AgentDefinition<Facts>,
  { subject, finding, logPosition }: Case<Facts>,
  { made, id, at }: { readonly made: MadeDecision; readonly id: EventId; readonly at: Date },
): RecordedDecision {
  const { judgement, ...by } = made;
  return {
    decisionId: id,
    agentId: agent.id,
    decisionType: finding.decisionType,
    subjectRef: finding.subjectRef,
    ...judgement,
    ...by,
    basedOn: { logPosition, eventIds: [subject.trigger.eventId] },
    decidedAt: at.toISOString(),
    evidencePositions: subject.trigger.positions,
  };
}

function clearing<Facts>(agent: AgentDefinition<Facts>, subject: Subject<Facts>, tools: AssessmentTools): Append {
  const data = { agentId: agent.id, key: subject.findingKey, clearedAt: tools.clock.now().toISOString() };
  return {
    ...targetOf(agent, subject),
    events: [{ type: FINDING_CLEARED, typeVersion: 1, data }],
    metadata: metadataOf(agent, subject, tools),
  };
}

function targetOf<Facts>(
  agent: AgentDefinition<Facts>,
  { tenant, findingKey, open }: Subject<Facts>,
): Pick<Append, 'tenant' | 'streamId' | 'expected'> {
  return {
    tenant,
    streamId: findingStreamId(agent.id, findingKey),
    expected: open.streamVersion === 0 ? 'no-stream' : open.streamVersion,
  };
}

function metadataOf<Facts>(
  agent: AgentDefinition<Facts>,
  { trigger }: Subject<Facts>,
  { clock, ids }: AssessmentTools,
): EventMetadata {
  return eventMetadata({
    clock,
    ids,
    actor: `agent:${agent.id}`,
    causationId: trigger.eventId,
    correlationId: correlationId(trigger.correlationId),
  });
}

function carrierOf<Facts>({ trigger: { traceparent } }: Subject<Facts>): Record<string, string> {
  return traceparent === null ? {} : { traceparent };
}
