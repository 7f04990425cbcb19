import fc from 'fast-check';

/** Any text that JSON in Postgres can hold: whole code points, none of them U+0000. */
const text = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('__proto__', 'toString', '', '😀', '\u2028'),
  )
  .map((value) => value.replaceAll('\u0000', ''));

/** Without -0, which JSON writes as 0. */
const number = fc
  .oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    fc.constantFrom(1e21, 999999999999999900000, 5e-324, 0.1, 1e-7, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER),
  )
  .map((value) => value + 0);

/** Any JSON value, as `JSON.parse` gives it. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 5 }),
    // Made of text, so that a member named __proto__ is a member.
    fc
      .array(fc.tuple(text, tie('value')), { maxLength: 5 })
      .map((members): unknown =>
        JSON.parse(`{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`),
      ),
  ),
})).value;
