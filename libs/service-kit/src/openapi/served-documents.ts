import { z } from 'zod';
import { DomainError } from '#libs/kernel';

/** Injection token of `ServedDocuments`. */
export const SERVED_DOCUMENTS = Symbol('served documents');

/** The documents that describe a running service. Each is worked out when it is first asked for. */
export interface ServedDocuments {
  openapi(): object;
  asyncapi(): object | undefined;
  /** JSON Schema of an event type and version (`1`), or undefined when there is none. */
  schema(type: string, version: string): object | undefined;
}

/** `<type>` of `/schemas/<type>/<version>.json`. */
export const eventTypeSchema = z.string().min(1).max(200);
/** `<version>.json` of the same path. */
export const schemaFileSchema = z.string().regex(/^[\w.-]{1,40}\.json$/);

/** A document was asked for that this service does not have. */
export class DocumentNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'documents/not-found';

  constructor(what: string) {
    super(`This service has no ${what.slice(0, 200)}.`);
  }
}
