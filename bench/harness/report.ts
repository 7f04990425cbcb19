import type { Measured } from './measure.ts';

/** A row as it is shown: its figures beside others of the same run, such as `{ 'x Emmett': 6.1 }`. */
export type ReportRow = Measured & Readonly<{ beside?: Readonly<Record<string, number>> }>;

/** What the design asks for, and what was found. */
export type Goal = Readonly<{
  name: string;
  /** Absent: shown without being judged. */
  wanted?: Readonly<{ atLeast: number } | { atMost: number }> | undefined;
  /** Undefined when a row that it needs was left out. */
  found: number | undefined;
  unit?: string;
}>;

export type Report = Readonly<{
  topic: string;
  title: string;
  rows: readonly ReportRow[];
  /** Figures that are no rates, such as memory. */
  tables?: readonly FigureTable[];
  goals?: readonly Goal[];
  /** What a reader must know to judge the figures, such as rows that were left out and why. */
  notes?: readonly string[];
}>;

export type FigureTable = Readonly<{
  head: readonly string[];
  rows: readonly Readonly<{ name: string; values: readonly number[] }>[];
}>;

/** Undefined when it could not be measured. */
export function isMet({ wanted, found }: Goal): boolean | undefined {
  if (found === undefined || wanted === undefined) return undefined;
  return 'atLeast' in wanted ? found >= wanted.atLeast : found <= wanted.atMost;
}

/** The report as a section of Markdown. */
export function markdown(report: Report): string {
  return [
    `## ${report.topic}: ${report.title}`,
    rowsTable(report.rows),
    ...(report.tables ?? []).map(({ head, rows }) =>
      table(
        head,
        rows.map(({ name, values }) => [name, ...values.map(amount)]),
      ),
    ),
    goalsTable(report.goals ?? []),
    (report.notes ?? []).map((note) => `- ${note}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function rowsTable(rows: readonly ReportRow[]): string {
  if (rows.length === 0) return '';
  const labels = [...new Set(rows.flatMap(({ beside }) => Object.keys(beside ?? {})))];
  const columns: readonly (readonly [head: string, cell: (row: ReportRow) => string])[] = [
    ['what', ({ name }) => name],
    ['callers', ({ callers }) => callers?.toString() ?? ''],
    ['events/s', ({ figures }) => whole(figures.eventsPerSecond.median)],
    ['min..max', ({ figures: { eventsPerSecond } }) => `${whole(eventsPerSecond.min)}..${whole(eventsPerSecond.max)}`],
    ['p50 ms', ({ figures }) => optional(figures.p50Ms, milliseconds)],
    ['p99 ms', ({ figures }) => optional(figures.p99Ms, milliseconds)],
    ['Node µs/event', ({ figures }) => whole(figures.nodeMicrosecondsPerEvent)],
    ['Postgres µs/event', ({ figures }) => optional(figures.postgresMicrosecondsPerEvent, whole)],
    ['NATS µs/event', ({ figures }) => optional(figures.natsMicrosecondsPerEvent, whole)],
    ...labels.map((label) => [label, (row: ReportRow) => row.beside?.[label]?.toFixed(2) ?? ''] as const),
  ];
  // A column that no row fills says nothing.
  const filled = columns.filter(([, cell]) => rows.some((row) => cell(row) !== ''));
  return table(
    filled.map(([head]) => head),
    rows.map((row) => filled.map(([, cell]) => cell(row))),
  );
}

function goalsTable(goals: readonly Goal[]): string {
  if (goals.length === 0) return '';
  const cells = goals.map((goal) => {
    const { name, wanted, found, unit = '' } = goal;
    const met = isMet(goal);
    return [
      name,
      wanted === undefined ? '' : `${boundOf(wanted)} ${unit}`.trim(),
      found === undefined ? 'not measured' : `${amount(found)} ${unit}`.trim(),
      met === undefined ? '' : met ? 'yes' : 'NO',
    ];
  });
  return table(['figure', 'wanted', 'found', 'met'], cells);
}

const boundOf = (wanted: NonNullable<Goal['wanted']>): string =>
  'atLeast' in wanted ? `>= ${amount(wanted.atLeast)}` : `<= ${amount(wanted.atMost)}`;

/** The first column is text, the others are figures. */
function table(head: readonly string[], cells: readonly (readonly string[])[]): string {
  const line = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...cells.map(line)].join('\n');
}

const optional = (value: number | undefined, show: (value: number) => string): string =>
  value === undefined ? '' : show(value);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
const milliseconds = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const amount = (value: number): string => (Math.abs(value) >= 100 ? whole(value) : String(Number(value.toFixed(2))));
