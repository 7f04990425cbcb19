import { StandardSchemaValidationPipe } from '@nestjs/common';
import type { ArgumentMetadata } from '@nestjs/common';
import { RequestInvalid } from '../problems/http.errors.ts';
import { violationsOf } from '../problems/violations.ts';
import type { RequestPart } from '../problems/violations.ts';

const PARTS: Readonly<Record<string, RequestPart>> = { query: 'query', param: 'path' };

/**
 * Validates `@Body({ schema })`, `@Query({ schema })` and `@Param({ schema })`, and hands over what the schema made of them.
 * All three are answered 422: a query that breaks its schema was read without trouble, so it is invalid, not malformed.
 */
export class SchemaValidationPipe extends StandardSchemaValidationPipe {
  /** @throws RequestInvalid with a JSON pointer to each violation */
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    const { schema } = metadata;
    if (!schema || !this.toValidate(metadata)) return value;
    this.stripProtoKeys(value);
    const result = await this.validate<T>(value, schema, this.validateOptions);
    if (!result.issues) return result.value;
    const part = PARTS[metadata.type] ?? 'body';
    const within = metadata.data === undefined ? [] : [metadata.data];
    throw new RequestInvalid(
      violationsOf(
        result.issues.map(({ message, path }) => ({ message, path: [...within, ...(path ?? [])] })),
        part,
      ),
    );
  }
}
