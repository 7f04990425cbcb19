import type { Label } from '../../simulation/label.ts';
import type { EvaluatedBusiness, EvaluatedDecision } from './evaluated.ts';
import { judgedBy, type JudgedBy } from './judged-by.ts';
import { matchLabels, type LabelOutcome } from './matching.ts';
import { findRepeats } from './repeats.ts';

/** What must be reached. */
export const WANTED = { recall: 0.9, precision: 0.7 } as const;

/** One label and what became of it. */
export type JudgedLabel = Readonly<{ business: string; label: Label; outcome: LabelOutcome }>;
/** One decision and what is to be thought of it. */
export type JudgedDecision = Readonly<{
  business: string;
  decision: EvaluatedDecision;
  verdict: 'right' | 'wrong' | 'report';
}>;

/** Labels of one kind. */
export type KindScore = Readonly<{ kind: string; class: Label['class'] } & Counts>;
type Counts = Readonly<{
  labelled: number;
  /** Decided in time, or known already. */
  found: number;
  late: number;
  missed: number;
  recall: number | undefined;
}>;

/** Decisions of one type, and the labels that name it first. */
export type TypeScore = Readonly<
  {
    agentId: string;
    decisionType: string;
    judgedBy: JudgedBy;
    decisions: number;
    right: number;
    wrong: number;
    precision: number | undefined;
  } & Counts
>;

/** How well the agents did. Shares are undefined when there was nothing to take a share of. */
export type Score = Readonly<{
  /** Simulated days of all businesses together. */
  days: number;
  byType: readonly TypeScore[];
  byKind: readonly KindScore[];
  byAgent: Readonly<Record<string, number>>;
  /** Of injected anomalies. */
  recall: number | undefined;
  /** Of decisions that are judged by labels. */
  precision: number | undefined;
  /** Of all decisions that are judged. */
  overallPrecision: number | undefined;
  falseAlarms: readonly JudgedDecision[];
  falseAlarmsPerDay: number;
  repeated: readonly EvaluatedDecision[];
  reopened: readonly EvaluatedDecision[];
  /** Anomalies and situations that nobody decided in time. */
  undecided: readonly JudgedLabel[];
  /** What is not as wanted; empty when all is. */
  shortcomings: readonly string[];
}>;

/** Judges what the agents decided in some businesses. @param agents who should have decided something */
export function scoreOf(businesses: readonly EvaluatedBusiness[], agents: readonly string[]): Score {
  const judged = businesses.map(judge);
  const labels = judged.flatMap((one) => one.labels);
  const decisions = judged.flatMap((one) => one.decisions);
  const repeats = businesses.map(({ entries }) => findRepeats(entries));
  const days = businesses.reduce((sum, business) => sum + business.days, 0);
  const wrong = decisions.filter(({ verdict }) => verdict === 'wrong');
  const score = {
    days,
    byType: byTypeOf(decisions, labels),
    byKind: byKindOf(labels),
    byAgent: Object.fromEntries(
      agents.map((id) => [id, decisions.filter(({ decision }) => decision.agentId === id).length]),
    ),
    recall: countsOf(labels.filter(({ label }) => label.class === 'anomaly')).recall,
    precision: precisionOf(decisions.filter(({ decision }) => judgedBy(decision.decisionType) === 'labels')),
    overallPrecision: precisionOf(decisions),
    falseAlarms: wrong,
    falseAlarmsPerDay: days === 0 ? 0 : wrong.length / days,
    repeated: repeats.flatMap(({ repeated }) => repeated),
    reopened: repeats.flatMap(({ reopened }) => reopened),
    undecided: labels.filter(({ outcome }) => outcome === 'missed' || outcome === 'late'),
  };
  return { ...score, shortcomings: shortcomingsOf(score) };
}

type Judged = Readonly<{ labels: readonly JudgedLabel[]; decisions: readonly JudgedDecision[] }>;

/** Labels that nobody is required to decide make decisions right, and are counted nowhere. */
function judge({ name, labels, entries, endMs, isTrue }: EvaluatedBusiness): Judged {
  const { outcomes, answers } = matchLabels(labels, entries);
  const required = [...outcomes].filter(([label, outcome]) => isRequired(label, outcome, endMs));
  const verdictOn = (decision: EvaluatedDecision): JudgedDecision['verdict'] => {
    if (answers.has(decision)) return 'right';
    const how = judgedBy(decision.decisionType);
    if (how === 'report') return 'report';
    return how === 'state' && isTrue(decision) ? 'right' : 'wrong';
  };
  const decisions = entries.flatMap((entry) => (entry.kind === 'decision' ? [entry.decision] : []));
  return {
    labels: required.map(([label, outcome]) => ({ business: name, label, outcome })),
    decisions: decisions.map((decision) => ({ business: name, decision, verdict: verdictOn(decision) })),
  };
}

function isRequired({ isRequired: required, until }: Label, outcome: LabelOutcome, endMs: number): boolean {
  return required && (Date.parse(until) <= endMs || outcome === 'found' || outcome === 'open-before');
}

function byTypeOf(decisions: readonly JudgedDecision[], labels: readonly JudgedLabel[]): readonly TypeScore[] {
  const ofType = Map.groupBy(decisions, ({ decision }) => decision.decisionType);
  const labelsOf = Map.groupBy(labels, ({ label }) => label.decisionTypes[0] ?? '');
  const types = new Set([...ofType.keys(), ...labelsOf.keys()]);
  return [...types].map((decisionType) => {
    const made = ofType.get(decisionType) ?? [];
    return {
      agentId: made[0]?.decision.agentId ?? '',
      decisionType,
      judgedBy: judgedBy(decisionType),
      decisions: made.length,
      right: made.filter(({ verdict }) => verdict === 'right').length,
      wrong: made.filter(({ verdict }) => verdict === 'wrong').length,
      precision: precisionOf(made),
      ...countsOf(labelsOf.get(decisionType) ?? []),
    };
  });
}

function byKindOf(labels: readonly JudgedLabel[]): readonly KindScore[] {
  return [...Map.groupBy(labels, ({ label }) => label.kind)].map(([kind, ofKind]) => ({
    kind,
    class: ofKind[0]?.label.class ?? 'anomaly',
    ...countsOf(ofKind),
  }));
}

function countsOf(labels: readonly JudgedLabel[]): Counts {
  const count = (...wanted: LabelOutcome[]): number => labels.filter(({ outcome }) => wanted.includes(outcome)).length;
  const found = count('found', 'open-before');
  return {
    labelled: labels.length,
    found,
    late: count('late'),
    missed: count('missed'),
    recall: shareOf(found, labels.length),
  };
}

function precisionOf(decisions: readonly JudgedDecision[]): number | undefined {
  const right = decisions.filter(({ verdict }) => verdict === 'right').length;
  const wrong = decisions.filter(({ verdict }) => verdict === 'wrong').length;
  return shareOf(right, right + wrong);
}

const shareOf = (part: number, whole: number): number | undefined => (whole === 0 ? undefined : part / whole);

function shortcomingsOf(score: Omit<Score, 'shortcomings'>): readonly string[] {
  const { recall, precision, overallPrecision, repeated, undecided, byAgent } = score;
  const situations = undecided.filter(({ label }) => label.class === 'situation');
  const below = (name: string, share: number | undefined, least: number): string[] =>
    share !== undefined && share >= least ? [] : [`${name} is ${share?.toFixed(3) ?? 'unknown'}, wanted ${least}`];
  return [
    ...below('recall of anomalies', recall, WANTED.recall),
    ...below('precision of decisions about anomalies', precision, WANTED.precision),
    ...below('precision of all decisions', overallPrecision, WANTED.precision),
    ...(repeated.length === 0 ? [] : [`${repeated.length} decisions repeat an unchanged situation`]),
    ...(situations.length === 0 ? [] : [`${situations.length} planted situations were not decided in time`]),
    ...Object.entries(byAgent).flatMap(([id, count]) => (count > 0 ? [] : [`${id} decided nothing`])),
  ];
}
