import type { Violation } from '#libs/kernel';
import type { z } from 'zod';
import { percentEncode } from './percent-encoding.ts';

/** More than this helps nobody, and a hostile document could ask for millions. */
const MAXIMUM_VIOLATIONS = 50;
const SEGMENT_PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,;=:@]$/;

/** Pass it to `safeParse`: says of what is missing that it is required. A schema's own message goes first. */
export const PLAIN_WORDS: Readonly<{ error: z.core.$ZodErrorMap }> = {
  error: (issue) => (issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : undefined),
};

/** RFC 6901 pointer as a URI fragment: `#/data/lines/0/sku`. */
export function jsonPointer(path: readonly PropertyKey[]): string {
  const segments = path.map((segment) => {
    const escaped = String(segment).slice(0, 200).replaceAll('~', '~0').replaceAll('/', '~1');
    return `/${percentEncode(escaped, (character) => SEGMENT_PLAIN.test(character))}`;
  });
  return `#${segments.join('')}`;
}

/**
 * What zod found, in the house's words; `under` goes before every path. An unknown key gets a violation
 * of its own. At most 50 are returned.
 */
export function violationsOf(issues: readonly z.core.$ZodIssue[], under: readonly PropertyKey[] = []): Violation[] {
  return issues.flatMap((issue) => violationsOfIssue(issue, under)).slice(0, MAXIMUM_VIOLATIONS);
}

function violationsOfIssue(issue: z.core.$ZodIssue, under: readonly PropertyKey[]): Violation[] {
  const path = [...under, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: jsonPointer([...path, key]), detail: 'is not part of this schema' }));
  }
  return [{ pointer: jsonPointer(path), detail: issue.message }];
}

/** One line for an error's message: the first three violations, and how many more there are. */
export function summaryOf(violations: readonly Violation[]): string {
  const shown = violations.slice(0, 3).map(({ pointer, detail }) => `${pointer} ${detail}`);
  const more = violations.length - shown.length;
  return more > 0 ? `${shown.join('; ')}; and ${more} more` : shown.join('; ');
}
