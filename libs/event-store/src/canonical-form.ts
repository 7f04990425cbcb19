import { createHash } from 'node:crypto';
import { UnstorableEvent } from './errors.ts';
import type { RecordedEvent } from './event-store.ts';

/** Deeper documents are refused: neither people nor Postgres read them well. */
const MAX_DEPTH = 64;

/**
 * The one text of a JSON value: keys in code-unit order, no white space, `undefined` members left out,
 * numbers and strings as `JSON.stringify` writes them (RFC 8785 without its number corner cases,
 * which JavaScript's shortest form already is).
 * @throws UnstorableEvent for U+0000, lone surrogates, non-finite numbers and depth over 64
 */
export function canonicalJson(value: unknown, pointer = '#'): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return canonicalString(value, pointer);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new UnstorableEvent(pointer, `is ${value}, which JSON does not have`);
    return JSON.stringify(value);
  }
  if (typeof value === 'object') return canonicalContainer(value, pointer);
  throw new UnstorableEvent(pointer, `is a ${typeof value}, which JSON does not have`);
}

function canonicalString(value: string, pointer: string): string {
  if (value.includes('\u0000')) throw new UnstorableEvent(pointer, 'contains U+0000');
  if (!value.isWellFormed()) throw new UnstorableEvent(pointer, 'contains half a surrogate pair');
  return JSON.stringify(value);
}

function canonicalContainer(value: object, pointer: string): string {
  if (pointer.split('/').length > MAX_DEPTH) throw new UnstorableEvent(pointer, `is nested over ${MAX_DEPTH} deep`);
  if (Array.isArray(value)) {
    return `[${value.map((item, index) => canonicalJson(item, `${pointer}/${index}`)).join(',')}]`;
  }
  if (value instanceof Date) return canonicalString(value.toISOString(), pointer);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => {
      const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      return `${canonicalString(key, at)}:${canonicalJson(member, at)}`;
    });
  return `{${members.join(',')}}`;
}

/** What the hash of an event covers: everything that the log says of it. */
export type HashedEvent = Omit<RecordedEvent, 'hash' | 'recordedAt' | 'data' | 'metadata'> & {
  readonly recordedAt: string;
  /** Canonical JSON of the data and of the metadata. */
  readonly data: string;
  readonly metadata: string;
};

/** Links one event to all before it in its lane. */
export function chainHash(previous: Buffer, event: HashedEvent): Buffer {
  const facts = canonicalJson([
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
  return createHash('sha256').update(previous).update(`${facts}\n${event.data}\n${event.metadata}`).digest();
}

/** Hexadecimal sha256 of a text. */
export function fingerprintOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
