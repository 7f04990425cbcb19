import { z } from 'zod';
import { InvalidCloudEvent } from './cloud-event.errors.ts';
import { unstorableParts } from './storable-text.ts';
import { tenantIdSchema } from './values.ts';
import { jsonPointer, PLAIN_WORDS, violationsOf } from './violations.ts';

const CONTROL = /\p{Cc}/u;
const EXTENSION_NAME = /^[a-z0-9]{1,20}$/;
const URI_CHARACTERS =
  /^(?:[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*(?:#(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*)?$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const COLON_IN_FIRST_SEGMENT = /^[^/?#]*:/;
const JSON_MEDIA_TYPE = /^[A-Za-z0-9!#$&^_.+-]+\/(?:json|[A-Za-z0-9!#$&^_.-]+\+json)(?:\s*;.*)?$/i;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
const INT32 = 2 ** 31;

const attributeText = (maximum: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(maximum)
    .refine((text) => !CONTROL.test(text), { error: 'must not contain control characters' });

const dateTime = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-22T09:30:00Z' });

/** RFC 3986 reference, relative or absolute: allowed characters only, and a first colon only after a scheme. */
const uriReference = attributeText(1_024).refine(
  (text) => URI_CHARACTERS.test(text) && (!COLON_IN_FIRST_SEGMENT.test(text) || SCHEME.test(text)),
  { error: 'must be a URI reference such as /tills/7' },
);

const attributes = {
  specversion: z.literal('1.0', { error: 'must be "1.0", the only version of CloudEvents that is read here' }),
  id: attributeText(255),
  source: uriReference,
  type: attributeText(255),
  subject: attributeText(1_024).optional(),
  time: dateTime.optional(),
  datacontenttype: attributeText(255)
    .regex(JSON_MEDIA_TYPE, { error: 'must be application/json or end in +json: only JSON data is read here' })
    .optional(),
  dataschema: uriReference
    .refine((text) => SCHEME.test(text) || text.startsWith('/'), { error: 'must be a URI, or a path from the root' })
    .optional(),
  tenantid: tenantIdSchema.optional(),
  correlationid: attributeText(128).optional(),
  causationid: attributeText(255).optional(),
  recordedtime: dateTime.optional(),
  traceparent: z.string().regex(TRACEPARENT, { error: 'must be a W3C traceparent' }).optional(),
  tracestate: attributeText(512).optional(),
};
const KNOWN_NAMES: ReadonlySet<string> = new Set([...Object.keys(attributes), 'data']);

/**
 * The envelope in structured JSON: the attributes of CloudEvents 1.0, `data`, and extensions under their own names.
 * Parse with `parseStructured`; this schema alone does not read a `null` attribute as absent.
 */
export const cloudEventSchema = z
  .looseObject({ ...attributes, data: z.unknown().optional() })
  .superRefine(checkExtensions, {
    // Also when attributes are wrong, so that one answer names every trouble.
    when: ({ value }) => typeof value === 'object' && value !== null,
  });

function checkExtensions(event: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  for (const [name, value] of Object.entries(event)) {
    if (KNOWN_NAMES.has(name)) continue;
    const detail = troubleWithExtension(name, value);
    if (detail !== undefined) context.addIssue({ code: 'custom', path: [name], message: detail });
  }
}

function troubleWithExtension(name: string, value: unknown): string | undefined {
  if (name === 'data_base64') return 'is not read here: send the data as JSON in `data`';
  if (!EXTENSION_NAME.test(name)) return 'is no extension name: it must be 1 to 20 of a-z and 0-9';
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return isInt32(value) ? undefined : 'must be an integer of 32 bits';
  if (typeof value !== 'string') return 'must be a string, boolean or integer';
  return CONTROL.test(value) || value.length > 1_024
    ? 'must be at most 1024 characters, none of them control characters'
    : undefined;
}

function isInt32(value: number): boolean {
  return Number.isInteger(value) && value >= -INT32 && value < INT32;
}

/**
 * A CloudEvents 1.0 event, shaped as its structured JSON form, so `JSON.stringify` of it is a valid message.
 * Extensions that are not named here are kept under their own names. `(source, id)` is its identity.
 * `data` is `undefined` when the event has none.
 */
export type CloudEvent<Data = unknown> = Readonly<{
  specversion: '1.0';
  /** 1 to 255 characters, unique within the source. */
  id: string;
  /** Where it happened: a URI reference. */
  source: string;
  type: string;
  subject?: string | undefined;
  /** When it happened: RFC 3339, with any offset. */
  time?: string | undefined;
  /** `application/json` when absent. */
  datacontenttype?: string | undefined;
  dataschema?: string | undefined;
  tenantid?: string | undefined;
  correlationid?: string | undefined;
  /** Id of the event that caused this one. */
  causationid?: string | undefined;
  /** When the log stored it; `time` is when it happened. */
  recordedtime?: string | undefined;
  /** The trace in which it was born; no hop replaces it. */
  traceparent?: string | undefined;
  tracestate?: string | undefined;
  data: Data;
}> &
  Readonly<Record<string, unknown>>;

/**
 * Reads one event in structured mode from parsed JSON. An attribute that is `null` counts as absent, as the
 * JSON format of CloudEvents demands; unknown extensions are kept.
 * @throws InvalidCloudEvent with a JSON pointer for each trouble
 */
export function parseStructured(value: unknown): CloudEvent {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidCloudEvent([{ pointer: jsonPointer([]), detail: 'must be a JSON object' }]);
  }
  const present = Object.entries(value).filter(([name, part]) => part !== null || name === 'data');
  const result = cloudEventSchema.safeParse(Object.fromEntries(present), PLAIN_WORDS);
  if (!result.success) throw new InvalidCloudEvent(violationsOf(result.error.issues));

  const unstorable = unstorableParts(result.data);
  if (unstorable.length > 0) throw new InvalidCloudEvent(unstorable);
  return { ...result.data, data: result.data.data };
}
