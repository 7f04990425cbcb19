import { DomainError } from '#libs/kernel';
import type { ErrorKind, Violation } from '#libs/kernel';

/** A failure of the HTTP edge itself: it may bring headers, and a status where the kind alone is too coarse. */
export abstract class EdgeError extends DomainError {
  readonly status: number | undefined = undefined;
  readonly headers: Readonly<Record<string, string>> = {};
}

/** The body, the query or the path of a request breaks its schema. Pointers start with `#/`, `#/query/` or `#/path/`. */
export class RequestInvalid extends EdgeError {
  readonly kind = 'invalid';
  readonly code = 'http/request-invalid';
  override readonly violations: readonly Violation[];

  constructor(violations: readonly Violation[]) {
    super(`The request breaks its schema in ${violations.length} place(s); "errors" names each.`);
    this.violations = violations;
  }
}

/** The body is no JSON. */
export class MalformedJson extends EdgeError {
  readonly kind = 'malformed';
  readonly code = 'http/malformed-json';
  override readonly violations: readonly Violation[];

  /** @param offset place of the first character that is wrong, from 0; undefined when unknown */
  constructor(why: string, offset?: number) {
    const place = offset === undefined ? '' : ` at character ${offset}`;
    super(`The body is no JSON: ${why}${place}. Send one JSON document in UTF-8.`);
    this.violations = [{ pointer: '#', detail: `${why}${place}` }];
  }
}

/** A route exists for the path, not for the method. */
export class MethodNotAllowed extends EdgeError {
  readonly kind = 'not-found';
  readonly code = 'http/method-not-allowed';
  override readonly status = 405;
  override readonly headers: Readonly<Record<string, string>>;

  constructor(method: string, allowed: readonly string[]) {
    super(`This path does not take ${method}; it takes ${allowed.join(', ')}.`);
    this.headers = { allow: allowed.join(', ') };
  }
}

/** No route has the path. */
export class RouteNotFound extends EdgeError {
  readonly kind = 'not-found';
  readonly code = 'http/route-not-found';

  constructor(method: string) {
    super(`No operation ${method} exists at this path; /openapi.json lists the ones that do.`);
  }
}

/** The body is compressed. */
export class ContentEncodingUnsupported extends EdgeError {
  readonly kind = 'unsupported-format';
  readonly code = 'http/content-encoding-unsupported';
  override readonly headers = { 'accept-encoding': 'identity' };

  constructor() {
    super('The body has a Content-Encoding. Send it uncompressed.');
  }
}

/** The caller made more requests than it may. */
export class RateLimited extends EdgeError {
  readonly kind = 'rate-limited';
  readonly code = 'http/rate-limited';
  override readonly headers: Readonly<Record<string, string>>;

  constructor(limitPerMinute: number, retryAfterSeconds: number) {
    super(`More than ${limitPerMinute} requests in a minute. Try again in ${retryAfterSeconds} s.`);
    this.headers = { 'retry-after': String(retryAfterSeconds) };
  }
}

/** The process is closing its last connections. */
export class ServiceStopping extends EdgeError {
  readonly kind = 'unavailable';
  readonly code = 'http/service-stopping';
  override readonly headers = { 'retry-after': '1', connection: 'close' };

  constructor() {
    super('This instance is stopping. Send the request again; another one will answer.');
  }
}

/** An answer of the HTTP framework, in the words of our policy. */
export class FrameworkRefusal extends EdgeError {
  readonly kind: ErrorKind;
  readonly code: string;
  override readonly status: number;

  constructor(answer: Readonly<{ kind: ErrorKind; code: string; status: number; message: string }>) {
    super(answer.message);
    this.kind = answer.kind;
    this.code = answer.code;
    this.status = answer.status;
  }
}
