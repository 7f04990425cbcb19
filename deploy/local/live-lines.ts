import { field, text } from './fields.ts';

export type LiveKind = 'decision' | 'alert' | 'backup';

/** What tells two states of one thing apart: a decision has one state, alerts and backups have several. */
export function stateOf(kind: LiveKind, item: unknown): { id: string; status: string } {
  if (kind === 'decision') return { id: text(item, 'decisionId'), status: 'made' };
  return { id: text(item, kind === 'alert' ? 'alertId' : 'backupId'), status: text(item, 'status') };
}

function amount(quantity: unknown): string {
  return [text(quantity, 'value'), text(quantity, 'unit')].filter((part) => part !== '').join(' ');
}

function decisionWords(item: unknown): string {
  const action = field(item, 'action');
  const what = [text(action, 'kind') || text(item, 'decisionType'), text(action, 'sku') || text(item, 'subjectRef')];
  const urgency = text(action, 'urgency');
  const parts = [...what, amount(field(action, 'quantity')), urgency === '' ? '' : `(${urgency})`];
  const by = text(item, 'decidedBy');
  const reasoning = text(item, 'reasoning');
  return `${text(item, 'agentId')} ${parts.filter((part) => part !== '').join(' ')}${by === '' ? '' : `, by ${by}`}${reasoning === '' ? '' : `: ${reasoning}`}`;
}

function alertWords(item: unknown): string {
  const summary = text(item, 'summary');
  return `${text(item, 'severity')} ${text(item, 'name')} ${text(item, 'status')}${summary === '' ? '' : `: ${summary}`}`;
}

const WORDS: Readonly<Record<LiveKind, (item: unknown) => string>> = {
  decision: decisionWords,
  alert: alertWords,
  backup: (item) => `${text(item, 'backupId')} ${text(item, 'status')}`,
};

/** Many decisions in one line: how many of each agent, about which days of the business. */
export function decisionSummary(items: readonly unknown[], time: Date, width: number): string {
  const days = items.map((item) => text(item, 'businessTime').slice(0, 10)).filter((day) => day !== '');
  const [first = '', last = ''] = [days.toSorted()[0], days.toSorted().at(-1)];
  const about = first === '' ? '' : first === last ? ` about ${first}` : ` about ${first} to ${last}`;
  const byAgent = Map.groupBy(items, (item) => text(item, 'agentId'));
  const counts = [...byAgent].map(([agent, decisions]) => `${agent} ${decisions.length}`).toSorted();
  return cut(`${stamp(time, 'decision')} ${items.length}${about}: ${counts.join(', ')}`, width);
}

/** One line for a person: the time of day, what it is, and its words, cut to the width of the terminal. */
export function liveLine(kind: LiveKind, item: unknown, time: Date, width: number): string {
  return cut(`${stamp(time, kind)} ${WORDS[kind](item).trim()}`, width);
}

const stamp = (time: Date, kind: LiveKind): string => `${time.toTimeString().slice(0, 8)} ${kind.padEnd(8)}`;

function cut(line: string, width: number): string {
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
