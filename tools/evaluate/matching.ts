import type { Label } from '../../simulation/label.ts';
import type { AgentEntry, EvaluatedDecision } from './evaluated.ts';

/** What became of a label. `open-before`: its situation was decided earlier and still open, so there was nothing new to decide. */
export type LabelOutcome = 'found' | 'open-before' | 'late' | 'missed';

/** Labels and decisions of one business, brought together. */
export type Matching = Readonly<{
  outcomes: ReadonlyMap<Label, LabelOutcome>;
  /** Which label a decision answers, in time or late. */
  answers: ReadonlyMap<EvaluatedDecision, Label>;
}>;

/** A decision answers a label of its subject that counts its type, when it is not older than what it answers. */
export function matchLabels(labels: readonly Label[], entries: readonly AgentEntry[]): Matching {
  const decided = Map.groupBy(
    entries.flatMap((entry) => (entry.kind === 'decision' ? [entry.decision] : [])),
    ({ subjectRef }) => subjectRef,
  );
  const closings = closingTimes(entries);
  const outcomes = new Map<Label, LabelOutcome>();
  const answers = new Map<EvaluatedDecision, Label>();
  for (const label of labels) {
    const fitting = (decided.get(label.subjectRef) ?? []).filter(({ decisionType }) =>
      label.decisionTypes.includes(decisionType),
    );
    const [atMs, untilMs] = [Date.parse(label.at), Date.parse(label.until)];
    const since = fitting.filter((decision) => decision.atMs >= atMs);
    for (const decision of since) if (!answers.has(decision)) answers.set(decision, label);
    outcomes.set(label, outcomeOf(since, fitting, { atMs, untilMs, closings }));
  }
  return { outcomes, answers };
}

function outcomeOf(
  since: readonly EvaluatedDecision[],
  fitting: readonly EvaluatedDecision[],
  { atMs, untilMs, closings }: Readonly<{ atMs: number; untilMs: number; closings: ClosingTimes }>,
): LabelOutcome {
  if (since.some((decision) => decision.atMs <= untilMs)) return 'found';
  const wasOpen = fitting.some(
    (decision) =>
      decision.atMs < atMs && decision.finding.kind === 'situation' && (closings.get(decision) ?? Infinity) > atMs,
  );
  if (wasOpen) return 'open-before';
  return since.length > 0 ? 'late' : 'missed';
}

/** When the situation of a decision was over; those that never were are absent. */
type ClosingTimes = ReadonlyMap<EvaluatedDecision, number>;

function closingTimes(entries: readonly AgentEntry[]): ClosingTimes {
  const open = new Map<string, EvaluatedDecision[]>();
  const closings = new Map<EvaluatedDecision, number>();
  for (const entry of entries) {
    if (entry.kind === 'decision') {
      const key = situationOf(entry.decision.agentId, entry.decision.finding.key);
      open.set(key, [...(open.get(key) ?? []), entry.decision]);
      continue;
    }
    const key = situationOf(entry.clearing.agentId, entry.clearing.key);
    for (const decision of open.get(key) ?? []) closings.set(decision, entry.clearing.atMs);
    open.delete(key);
  }
  return closings;
}

/** Names a situation among those of all agents. */
export function situationOf(agentId: string, key: string): string {
  return `${agentId}/${key}`;
}
