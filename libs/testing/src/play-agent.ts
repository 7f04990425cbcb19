import { correlationId, tenantId } from '#libs/kernel';
import { Assessor, type AgentDefinition, type Assessed, type BusinessFact, type Judgement } from '#libs/agent-kit';
import { DEFAULT_BUSINESS_SETTINGS, type BusinessSettings } from '#libs/business-settings';

/** Something that happens to a played business: the contract's type and data, and when (ISO 8601 UTC). */
export type Happening = (BusinessFact extends infer Fact
  ? Fact extends BusinessFact
    ? Pick<Fact, 'type' | 'data'>
    : never
  : never) &
  Readonly<{ at: string; id?: string }>;

/** A decision by rules, as a spec reads it. */
export type PlayedDecision = Readonly<{
  decisionType: string;
  subject: string;
  state: string;
  change: 'opened' | 'changed';
  at: string;
  figures: Readonly<Record<string, unknown>>;
  positions: readonly number[];
}> &
  Judgement;

/** An agent at work on one business in memory: tell it what happens, read what it decides. */
export interface PlayedAgent<Book> {
  readonly assessor: Assessor<Book>;
  /** Everything decided so far, oldest first. */
  readonly decisions: readonly PlayedDecision[];
  /** Subjects of situations that were cleared so far: `low-cash:cash`. */
  readonly cleared: readonly string[];
  /** Tells what happens, in this order; gives what is decided thereupon. A detector that throws fails the spec. */
  tell(...happenings: readonly Happening[]): readonly PlayedDecision[];
  /** Nothing happens until then, by the clock on the wall; gives what is decided meanwhile. */
  waitUntil(at: string): readonly PlayedDecision[];
}

/** Begins a business with an agent that looks after it. Time is real unless the settings say otherwise. */
export function playAgent<Book>(
  agent: AgentDefinition<Book>,
  settings: BusinessSettings = DEFAULT_BUSINESS_SETTINGS,
): PlayedAgent<Book> {
  const assessor = new Assessor(agent, tenantId('demo'), { settings });
  const decisions: PlayedDecision[] = [];
  const cleared: string[] = [];
  let position = 0;
  const note = (assessed: readonly Assessed[]): PlayedDecision[] => {
    const made = assessed.flatMap((one) => {
      if (one.kind === 'failed') throw new Error(`${one.detectorId} failed`, { cause: one.error });
      if (one.kind === 'clear') cleared.push(one.key);
      return one.kind === 'decide' ? [played(one)] : [];
    });
    decisions.push(...made);
    return made;
  };
  return {
    assessor,
    decisions,
    cleared,
    tell: (...happenings) =>
      happenings.flatMap(({ at, id, ...said }) => {
        position += 1;
        const occurredAtMs = Date.parse(at);
        return note(
          assessor.take({
            ...said,
            tenant: assessor.tenant,
            position,
            eventId: id ?? `event-${position}`,
            correlationId: correlationId(`correlation-${position}`),
            traceparent: null,
            occurredAtMs,
            recordedAtMs: occurredAtMs,
          }),
        );
      }),
    waitUntil: (at) => note(assessor.takeIdleTurns(Date.parse(at), 60_000)),
  };
}

function played({ decisionType, finding, change, atMs }: Extract<Assessed, { kind: 'decide' }>): PlayedDecision {
  const { subject, state, evidence } = finding;
  return {
    decisionType,
    subject,
    state,
    change,
    at: new Date(atMs).toISOString(),
    figures: Object.fromEntries(evidence.figures.map((one) => [one.name, 'money' in one ? one.money : one.value])),
    positions: evidence.positions,
    ...finding.byRules(),
  };
}
