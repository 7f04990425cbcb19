import { describe, expect, it } from '@jest/globals';
import { plainArray, textArray } from './array-literal.ts';

describe('an array literal for Postgres', () => {
  it.each([
    [[], '{}'],
    [['flour'], '{"flour"}'],
    [['', 'NULL', 'a,b', '{c}'], '{"","NULL","a,b","{c}"}'],
    [['say "hi"', 'back\\slash', '\\"'], '{"say \\"hi\\"","back\\\\slash","\\\\\\""}'],
  ])('of the texts %j is %s', (items, literal) => {
    expect(textArray(items)).toBe(literal);
  });

  it('of numbers and of booleans has no quotes', () => {
    expect(plainArray([1, -2, 3])).toBe('{1,-2,3}');
    expect(plainArray([true, false])).toBe('{true,false}');
    expect(plainArray([])).toBe('{}');
  });
});
