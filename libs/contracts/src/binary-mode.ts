import { InvalidCloudEvent } from './cloud-event.errors.ts';
import { parseStructured } from './cloud-event.ts';
import type { CloudEvent } from './cloud-event.ts';
import { percentDecode, percentEncode } from './percent-encoding.ts';
import { jsonPointer } from './violations.ts';

const PREFIX = 'ce-';
const QUOTED = /^"(.*)"$/s;
const HEADER_PLAIN = /^[!#$&-~]$/;

/** Which protocol carries the headers: HTTP has the media type in `content-type`, NATS in `ce-datacontenttype`. */
export type BinaryBinding = 'http' | 'nats';

/**
 * Reads one event in binary mode: attributes from `ce-*` headers in any case, and data that is parsed JSON already.
 * Values are unquoted, then percent-decoded, exactly once. `content-type` is the `datacontenttype`; where it is
 * absent, `ce-datacontenttype` is (NATS). Extensions come as strings, whatever type they were sent with.
 * @throws InvalidCloudEvent with a JSON pointer to the attribute, also for malformed escapes
 */
export function parseBinary(headers: Readonly<Record<string, string | undefined>>, data: unknown): CloudEvent {
  const attributes = new Map<string, unknown>();
  for (const [header, value] of Object.entries(headers)) {
    const name = header.toLowerCase();
    if (value === undefined || !name.startsWith(PREFIX)) continue;
    const attribute = name.slice(PREFIX.length);
    if (attribute === 'data') throw refused(attribute, 'is no attribute: data travels in the body');
    if (attributes.has(attribute)) throw refused(attribute, 'came twice, in headers that differ only in case');
    attributes.set(attribute, decoded(attribute, value));
  }
  const contentType = Object.entries(headers).find(([header]) => header.toLowerCase() === 'content-type')?.[1];
  if (contentType !== undefined) attributes.set('datacontenttype', contentType);
  return parseStructured({ ...Object.fromEntries(attributes), data });
}

/**
 * The headers of an event in binary mode; its body is `JSON.stringify(event.data)`.
 * @throws InvalidCloudEvent when an extension holds more than a header can
 */
export function toBinaryHeaders(event: CloudEvent, binding: BinaryBinding = 'http'): Readonly<Record<string, string>> {
  const { data, datacontenttype = 'application/json', ...attributes } = event;
  const contentType = binding === 'http' ? 'content-type' : `${PREFIX}datacontenttype`;
  const headers: Record<string, string> = data === undefined ? {} : { [contentType]: datacontenttype };
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    if (!isScalar(value)) throw refused(name, 'must be a string, boolean or integer');
    headers[`${PREFIX}${name}`] = percentEncode(`${value}`, (character) => HEADER_PLAIN.test(character));
  }
  return headers;
}

function decoded(attribute: string, value: string): string {
  const unquoted = QUOTED.exec(value)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? value;
  const text = percentDecode(unquoted);
  if (text === undefined) throw refused(attribute, 'has a malformed percent escape: write %XX for each byte of UTF-8');
  return text;
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function refused(attribute: string, detail: string): InvalidCloudEvent {
  return new InvalidCloudEvent([{ pointer: jsonPointer([attribute]), detail }]);
}
