import { z } from 'zod';
import type { EventContract } from './event-contract.ts';

/** A JSON Schema as a plain object, ready for `JSON.stringify`. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Where a running service serves the schema of a contract; also its `$id`, and what `dataschema` may say. */
export function schemaPathOf({ type, version }: Pick<EventContract, 'type' | 'version'>): string {
  return `/schemas/${type}/${version}.json`;
}

/**
 * The data of a contract as JSON Schema 2020-12. It accepts all that the contract accepts; rules between fields
 * (one currency, an end after its beginning) are told by their descriptions only.
 */
export function jsonSchemaOf(contract: EventContract): JsonSchema {
  return {
    $id: schemaPathOf(contract),
    title: contract.type,
    description: contract.summary,
    ...z.toJSONSchema(contract.data, { io: 'input', target: 'draft-2020-12' }),
  };
}

/** A schema without identity, in the dialect that AsyncAPI 3.0 reads (a superset of draft 7). */
export function embeddedSchemaOf(schema: z.ZodType): JsonSchema {
  const whole = z.toJSONSchema(schema, { io: 'input', target: 'draft-07' });
  return Object.fromEntries(Object.entries(whole).filter(([keyword]) => keyword !== '$schema'));
}
