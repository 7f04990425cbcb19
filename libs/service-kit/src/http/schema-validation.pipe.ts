import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import { z } from 'zod';
import { PLAIN_WORDS, violationsOf } from '#libs/contracts';
import { RequestInvalid } from '../problems/http.errors.ts';

/** What pointers into the parts of a request begin with; those into the body begin at its root. */
const PARTS: Readonly<Record<string, string>> = { query: 'query', param: 'path' };

/**
 * Validates `@Body({ schema })`, `@Query({ schema })` and `@Param({ schema })`, and hands over what the schema made of them.
 * All three are answered 422: a query that breaks its schema was read without trouble, so it is invalid, not malformed.
 */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  /** @throws RequestInvalid with a JSON pointer to each violation */
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const schema: unknown = metadata.schema;
    // Other Standard Schemas work too; only zod's issues have our words and pointers.
    if (!isZodTypeOf<T>(schema)) return super.transform(value, metadata);
    this.stripProtoKeys(value);
    const result = await schema.safeParseAsync(value, PLAIN_WORDS);
    if (result.success) return result.data;
    const under = [PARTS[metadata.type], metadata.data].filter((segment) => segment !== undefined);
    throw new RequestInvalid(violationsOf(result.error.issues, under));
  }
}

function isZodTypeOf<T>(schema: unknown): schema is z.ZodType<T> {
  return schema instanceof z.ZodType;
}
