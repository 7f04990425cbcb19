import { describe, expect, it } from '@jest/globals';
import { readOptions, WrongOptions } from './options.ts';

describe('Options', () => {
  it('play 90 days of both businesses through the service when nothing is said', () => {
    expect(readOptions([])).toEqual({
      days: 90,
      seed: 1,
      businesses: ['restaurant', 'retail'],
      inMemory: false,
      list: false,
      json: false,
    });
  });

  it('are taken', () => {
    expect(readOptions(['--days', '30', '--seed', '7', '--business', 'retail', '--in-memory', '--list'])).toEqual({
      days: 30,
      seed: 7,
      businesses: ['retail'],
      inMemory: true,
      list: true,
      json: false,
    });
  });

  it.each([
    [['--days', '0']],
    [['--days', '1.5']],
    [['--seed', '']],
    [['--business', 'bank']],
    [['--fast']],
    [['now']],
  ])('refuse %j', (args) => {
    expect(() => readOptions(args)).toThrow(WrongOptions);
  });
});
