import type { Violation } from '#libs/kernel';

/** Where in a request a validated value stands. */
export type RequestPart = 'body' | 'query' | 'path';

type Segment = PropertyKey | Readonly<{ key: PropertyKey }>;
type Issue = Readonly<{ message: string; path?: readonly Segment[] | undefined }>;

/** A body may break its schema in as many places as it has values; a client mends the first ones first. */
const MOST_VIOLATIONS = 50;

/**
 * The issues of a schema as JSON pointers (RFC 6901): `#/data/quantity` into the body, `#/query/limit` and `#/path/id` for the
 * rest of the request. At most 50; the last one says how many more there are.
 */
export function violationsOf(issues: readonly Issue[], part: RequestPart = 'body'): readonly Violation[] {
  const root = part === 'body' ? '#' : `#/${part}`;
  const violations = issues
    .slice(0, MOST_VIOLATIONS)
    .map((issue) => ({ pointer: `${root}${(issue.path ?? []).map(token).join('')}`, detail: issue.message }));
  const more = issues.length - violations.length;
  return more > 0 ? [...violations, { pointer: root, detail: `and ${more} more` }] : violations;
}

function token(segment: Segment): string {
  const key = typeof segment === 'object' ? segment.key : segment;
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
