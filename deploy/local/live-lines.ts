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

/** One line for a person: the time of day, what it is, and its words, cut to the width of the terminal. */
export function liveLine(kind: LiveKind, item: unknown, time: Date, width: number): string {
  const line = `${time.toTimeString().slice(0, 8)} ${kind.padEnd(8)} ${WORDS[kind](item).trim()}`;
  return line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
}
