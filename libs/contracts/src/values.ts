import { z } from 'zod';

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const AGENT = /^[a-z][a-z0-9_]*$/;
const NO_CONTROLS = /^[^\p{Cc}\p{Z}](?:[^\p{Cc}]*[^\p{Cc}\p{Z}])?$/u;
const CURRENCY = /^[A-Z]{3}$/;
const SHA256 = /^[0-9a-f]{64}$/;

/** One line of text that names a thing: 1 to `maximum` characters, no control characters, no space at its ends. */
function identifier(maximum: number): z.ZodString {
  return z.string().max(maximum).regex(NO_CONTROLS, {
    error: 'must not be empty, start or end with a space, or contain control characters',
  });
}

/** Free text of 1 to `maximum` characters; line breaks are allowed. */
export function textSchema(maximum: number): z.ZodString {
  return z.string().min(1).max(maximum);
}

/** The kernel's `TenantId`: 1 to 63 of `a-z`, `0-9`, `_` and `-`, beginning with a letter or digit. */
export const tenantIdSchema = z
  .string()
  .regex(TENANT, { error: 'must be 1 to 63 of a-z, 0-9, _ and -, and begin with a letter or digit' });

/** The kernel's `AgentId`: snake_case, e.g. `inventory_agent`. */
export const agentIdSchema = z.string().max(64).regex(AGENT, { error: 'must be snake_case' });

/** An id that a business system or a service chose: 1 to 128 characters on one line. */
export const idSchema = identifier(128);

/** What something is about, `<kind>:<id>`, where the id may be made of several: 1 to 300 characters on one line. */
export const referenceSchema = identifier(300);

/** The id of an event in a log: a UUID. */
export const eventIdSchema = z.uuid();

/** A stock keeping unit as the business writes it: 1 to 64 characters on one line; case counts. */
export const skuSchema = identifier(64);

/** Who did it: `user:<id>`, `key:<name>`, `agent:<id>`, `service:<name>`. */
export const actorSchema = identifier(200);

/** A short name for people: 1 to 200 characters on one line. */
export const nameSchema = identifier(200);

/** ISO 4217 code; the form is checked, not that the currency exists. */
export const currencySchema = z.string().regex(CURRENCY, { error: 'must be an ISO 4217 code such as GBP' });

/** Integer minor units (pence, cents, yen) of one currency. Closed: a third field would be another meaning. */
export const moneySchema = z.strictObject({
  amount: z.int().describe('Minor units, an integer: 2.55 GBP is 255'),
  currency: currencySchema,
});

/** A finite amount, never without its unit. Closed, as money is. */
export const quantitySchema = z.strictObject({
  value: z.number(),
  unit: identifier(32).describe('e.g. each, kg, l'),
});

/** A quantity above zero. */
export const positiveQuantitySchema = z.strictObject({
  value: z.number().positive(),
  unit: identifier(32).describe('e.g. each, kg, l'),
});

/** ISO 8601 with seconds, in UTC, written with `Z`. */
export const instantSchema = z.iso.datetime({ error: 'must be ISO 8601 in UTC, such as 2026-11-22T09:30:00Z' });

/** A day of the business's own calendar, `YYYY-MM-DD`, without a time zone. */
export const localDateSchema = z.iso.date({ error: 'must be a date that exists, such as 2026-11-22' });

/** A length of time in whole milliseconds. */
export const durationMsSchema = z.int().nonnegative();

/** A place in a log's total order; the first event has position 1, and 0 means before all of them. */
export const logPositionSchema = z.int().nonnegative();

/** A number of things. */
export const countSchema = z.int().nonnegative();

/** Lower-case hexadecimal SHA-256. */
export const sha256Schema = z.string().regex(SHA256, { error: 'must be 64 lower-case hexadecimal digits' });

/** Small facts by name, for people and dashboards. */
export const factsSchema = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** Labels of an alert; together they are its identity. */
export const labelsSchema = z.record(z.string(), z.string());

/** How far a log had come: one entry for each lane. */
export const logPositionsSchema = z.array(
  z.object({ log: idSchema, lane: z.int().nonnegative(), position: logPositionSchema }),
);

/** One thing that was looked at; `not-run` never counts as success. */
export const checkSchema = z.object({
  name: nameSchema,
  outcome: z.enum(['ok', 'failed', 'not-run']),
  detail: z.string().max(2_000),
});

/** A delivered batch that expires together. */
export const lotSchema = z.strictObject({ lotId: idSchema, expiresOn: localDateSchema.optional() });

/** A result of one check; see {@link checkSchema}. */
export type Check = Readonly<z.output<typeof checkSchema>>;
/** A delivered batch; see {@link lotSchema}. */
export type Lot = Readonly<z.output<typeof lotSchema>>;
/** How far one lane of a log had come. */
export type LogPositionEntry = Readonly<z.output<typeof logPositionsSchema>[number]>;
