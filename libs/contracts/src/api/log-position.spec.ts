import { describe, expect, it } from '@jest/globals';
import { positionText, wantedPositionSchema } from './log-position.ts';

describe('a position that a client names', () => {
  it.each([
    ['1:1742', { epoch: 1, position: 1_742 }],
    ['1742', { epoch: undefined, position: 1_742 }],
    ['12:0', { epoch: 12, position: 0 }],
    ['9007199254740991', { epoch: undefined, position: Number.MAX_SAFE_INTEGER }],
  ])('reads %s', (text, wanted) => {
    expect(wantedPositionSchema.parse(text)).toEqual(wanted);
  });

  it.each(['', ' 5', '5, 6', '-1', '1.5', '0:5', ':5', '1:', '1:2:3', 'head', '9007199254740992', '99999999999999999'])(
    'does not read "%s"',
    (text) => {
      expect(wantedPositionSchema.safeParse(text).success).toBe(false);
    },
  );

  it('is written as it is read', () => {
    expect(wantedPositionSchema.parse(positionText({ epoch: 3, position: 7 }))).toEqual({ epoch: 3, position: 7 });
  });
});
