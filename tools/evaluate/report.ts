import type { EvaluatedDecision } from './evaluated.ts';
import type { JudgedDecision, JudgedLabel, Score } from './score.ts';

/** How long the agents needed. */
export type Speeds = Readonly<{
  seconds: number;
  events: number;
  /** An agent's run, milliseconds; by agent. */
  runs: Readonly<Record<string, Readonly<{ p50Ms: number; p99Ms: number; maxMs: number }>>>;
}>;

/** The score as text. @param list whether each mistake is told */
export function textOf(score: Score, speeds: Speeds, list: boolean): string {
  return [
    `${score.days} simulated days, ${speeds.events} events, ${speeds.seconds.toFixed(1)} s (${rate(speeds)} events/s)`,
    byTypeTable(score),
    byKindTable(score),
    agentsTable(score, speeds),
    totals(score),
    ...(list ? lists(score) : []),
    verdict(score),
  ].join('\n\n');
}

const rate = ({ events, seconds }: Speeds): string => (events / Math.max(seconds, 0.001)).toFixed(0);

function byTypeTable({ byType, days }: Score): string {
  const rows = byType
    .toSorted((left, right) =>
      `${left.agentId}${left.decisionType}`.localeCompare(`${right.agentId}${right.decisionType}`),
    )
    .map((type) => [
      type.decisionType,
      type.judgedBy,
      `${type.decisions}`,
      (type.decisions / Math.max(days, 1)).toFixed(2),
      type.judgedBy === 'report' ? '' : `${type.right}`,
      type.judgedBy === 'report' ? '' : `${type.wrong}`,
      share(type.precision),
      ...labelColumns(type),
    ]);
  const head = ['decision type', 'judged by', 'decided', 'a day', 'right', 'wrong', 'precision', ...LABEL_COLUMNS];
  return table(head, rows);
}

function byKindTable({ byKind }: Score): string {
  const rows = byKind
    .toSorted((left, right) => `${left.class}${left.kind}`.localeCompare(`${right.class}${right.kind}`))
    .map((kind) => [kind.kind, kind.class, ...labelColumns(kind)]);
  return table(['planted', 'class', ...LABEL_COLUMNS], rows);
}

const LABEL_COLUMNS = ['labelled', 'found', 'late', 'missed', 'recall'];

function labelColumns(counts: Score['byKind'][number] | Score['byType'][number]): readonly string[] {
  if (counts.labelled === 0) return ['', '', '', '', ''];
  return [`${counts.labelled}`, `${counts.found}`, `${counts.late}`, `${counts.missed}`, share(counts.recall)];
}

function agentsTable({ byAgent }: Score, { runs }: Speeds): string {
  const rows = Object.entries(byAgent).map(([agent, decisions]) => {
    const run = runs[agent];
    return [agent, `${decisions}`, ...[run?.p50Ms, run?.p99Ms, run?.maxMs].map((ms) => ms?.toFixed(2) ?? '')];
  });
  return table(['agent', 'decisions', 'run p50 ms', 'p99 ms', 'max ms'], rows);
}

function totals(score: Score): string {
  const { recall, precision, overallPrecision, falseAlarms, falseAlarmsPerDay, repeated, reopened, undecided } = score;
  const situations = undecided.filter(({ label }) => label.class === 'situation').length;
  return table(
    ['figure', ''],
    [
      ['recall of anomalies', share(recall)],
      ['precision of decisions about anomalies', share(precision)],
      ['precision of all decisions that are judged', share(overallPrecision)],
      ['false alarms', `${falseAlarms.length} (${falseAlarmsPerDay.toFixed(2)} a day)`],
      ['repeats of an unchanged situation', `${repeated.length}`],
      ['reopened within a day after they were cleared', `${reopened.length}`],
      ['planted situations not decided in time', `${situations}`],
    ],
  );
}

function lists({ falseAlarms, undecided, repeated, reopened }: Score): readonly string[] {
  return [
    section('False alarms', falseAlarms.map(alarmLine)),
    section('Not decided in time', undecided.map(labelLine)),
    section('Repeats', repeated.map(decisionLine)),
    section('Reopened', reopened.map(decisionLine)),
  ].filter((text) => text !== '');
}

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  ${line}`).join('\n')}`;

const alarmLine = ({ business, decision }: JudgedDecision): string => `${business} ${decisionLine(decision)}`;

function decisionLine({ decisionType, subjectRef, atMs, finding, reasoning }: EvaluatedDecision): string {
  return `${timeOf(atMs)} ${decisionType} ${subjectRef} [${finding.state}, ${finding.change}]: ${reasoning}`;
}

function labelLine({ business, label, outcome }: JudgedLabel): string {
  const { kind, subjectRef, at, until, decisionTypes } = label;
  return `${business} ${outcome}: ${kind} ${subjectRef}, ${at} to ${until}, wanted ${decisionTypes.join(' or ')}`;
}

const timeOf = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 16)}Z`;

function verdict({ shortcomings }: Score): string {
  if (shortcomings.length === 0) return 'All is as wanted.';
  return ['Not as wanted:', ...shortcomings.map((one) => `  ${one}`)].join('\n');
}

const share = (value: number | undefined): string => value?.toFixed(3) ?? '';

/** The first column is text, the others are as wide as they need. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), ...rows.map(line)].join('\n');
}
