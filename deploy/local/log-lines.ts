import { field, parseJson, text } from './fields.ts';

const WARN = 40;
const LEVELS: Readonly<Record<string, number>> = { trace: 10, debug: 20, info: 30, warn: WARN, error: 50, fatal: 60 };
const MAX_LENGTH = 300;

function levelOf(entry: unknown): number {
  const level = field(entry, 'level');
  return typeof level === 'number' ? level : (LEVELS[String(level).toLowerCase()] ?? 0);
}

/**
 * What a person should see of a line in a service's log: warnings and errors, as one readable line.
 * A line that is no JSON comes from outside the logger, such as a crash, and is shown.
 */
export function readableTrouble(service: string, line: string): string | undefined {
  if (line.trim() === '') return undefined;
  const entry = parseJson(line);
  const shown = (what: string, message: string): string => `${what} ${service}: ${message}`.slice(0, MAX_LENGTH);
  if (typeof entry !== 'object' || entry === null) return shown('output', line);
  const level = levelOf(entry);
  if (level < WARN) return undefined;
  const cause = text(entry, 'err', 'message') || text(entry, 'error', 'message') || text(entry, 'error');
  const message = text(entry, 'msg') || text(entry, 'message');
  const isRepeated = cause === '' || message.includes(cause);
  return shown(level > WARN ? 'error' : 'warning', isRepeated ? message : `${message}: ${cause}`);
}
