import { hash } from 'node:crypto';
import { UnstorableEvent } from './errors.ts';
import type { RecordedEvent } from './event-store.ts';

/** Deeper documents are refused: neither people nor Postgres read them well. */
const MAX_DEPTH = 64;

/** Where the value under way stands in its document; made into a pointer only when something is wrong with it. */
type Path = (string | number)[];

/**
 * The one text of a JSON value: keys in code-unit order, no white space, `undefined` members left out,
 * numbers and strings as `JSON.stringify` writes them (RFC 8785 without its number corner cases,
 * which JavaScript's shortest form already is).
 * @throws UnstorableEvent for U+0000, lone surrogates, non-finite numbers and depth over 64
 */
export function canonicalJson(value: unknown, pointer = '#'): string {
  return textOf(value, pointer, []);
}

function textOf(value: unknown, root: string, path: Path): string {
  switch (typeof value) {
    case 'string':
      return stringText(value, root, path);
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      throw unstorable(root, path, `is ${value}, which JSON does not have`);
    case 'boolean':
      return String(value);
    case 'object':
      return value === null ? 'null' : containerText(value, root, path);
    default:
      throw unstorable(root, path, `is a ${typeof value}, which JSON does not have`);
  }
}

function stringText(value: string, root: string, path: Path): string {
  if (value.includes('\u0000')) throw unstorable(root, path, 'contains U+0000');
  if (!value.isWellFormed()) throw unstorable(root, path, 'contains half a surrogate pair');
  return JSON.stringify(value);
}

function containerText(value: object, root: string, path: Path): string {
  if (root.split('/').length + path.length > MAX_DEPTH) {
    throw unstorable(root, path, `is nested over ${MAX_DEPTH} deep`);
  }
  if (value instanceof Date) return stringText(value.toISOString(), root, path);
  return Array.isArray(value) ? arrayText(value, root, path) : objectText(value, root, path);
}

function arrayText(items: readonly unknown[], root: string, path: Path): string {
  let text = '[';
  for (let index = 0; index < items.length; index += 1) {
    path.push(index);
    text += `${index === 0 ? '' : ','}${textOf(items[index], root, path)}`;
    path.pop();
  }
  return `${text}]`;
}

function objectText(value: object, root: string, path: Path): string {
  let text = '{';
  for (const key of Object.keys(value).sort()) {
    const member: unknown = Reflect.get(value, key);
    if (member === undefined) continue;
    path.push(key);
    text += `${text === '{' ? '' : ','}${stringText(key, root, path)}:${textOf(member, root, path)}`;
    path.pop();
  }
  return `${text}}`;
}

function unstorable(root: string, path: Path, detail: string): UnstorableEvent {
  const steps = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return new UnstorableEvent(`${root}${steps.join('')}`, detail);
}

/** What the hash of an event covers: everything that the log says of it. */
export type HashedEvent = Omit<RecordedEvent, 'hash' | 'recordedAt' | 'data' | 'metadata'> & {
  readonly recordedAt: string;
  /** The text of the data and of the metadata, as they are stored: canonical JSON. */
  readonly data: string;
  readonly metadata: string;
};

/** Links one event to all before it in its lane: sha256(previous hash || canonical event). See docs/log-format.md. */
export function chainHash(previous: Uint8Array, event: HashedEvent): Buffer {
  const facts = JSON.stringify([
    event.lane,
    event.position,
    event.slot,
    event.tenant,
    event.streamId,
    event.category,
    event.streamVersion,
    event.type,
    event.typeVersion,
    event.id,
    event.recordedAt,
  ]);
  const content = Buffer.from(`${facts}\n${event.data}\n${event.metadata}`);
  return hash('sha256', Buffer.concat([previous, content]), 'buffer');
}

/** Hexadecimal sha256 of a text. */
export function fingerprintOf(text: string): string {
  return hash('sha256', text, 'hex');
}
