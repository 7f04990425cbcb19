import { percentDecode, percentEncode } from './percent-encoding.ts';

/** Printable ASCII, without what NATS gives a meaning (`.`, `*`, `>`) and the escape itself. */
const PLAIN = /^[!-$&-)+,\-/-=?-~]$/;
const ALL_PLAIN = /^[!-$&-)+,\-/-=?-~]+$/;

/** Stands for the empty text, since NATS allows no empty token. */
const EMPTY = '-';

/**
 * Writes any text as one token of a NATS subject. `fromSubjectToken` undoes it, except that half of a surrogate pair
 * comes back as U+FFFD. Empty text is `-`; a lone `-` is `%2D`.
 */
export function subjectToken(text: string): string {
  if (text === '') return EMPTY;
  if (text === EMPTY) return '%2D';
  return ALL_PLAIN.test(text) ? text : percentEncode(text, (character) => PLAIN.test(character));
}

/** Reads a token that `subjectToken` wrote; `undefined` for one that it cannot have written. */
export function fromSubjectToken(token: string): string | undefined {
  if (token === EMPTY) return '';
  const text = percentDecode(token);
  return text !== undefined && subjectToken(text) === token ? text : undefined;
}
