import { describe, expect, it } from '@jest/globals';
import { readCommand, WrongUsage } from './options.ts';

describe('the options of a rebuild', () => {
  it('rebuild with four workers, ask before they switch, and accept no differences', () => {
    expect(readCommand(['agent', 'stock-levels'])).toEqual({
      service: 'agent',
      projection: 'stock-levels',
      compareOnly: false,
      acceptDifferences: false,
      rollBack: false,
      workers: 4,
      yes: false,
    });
  });

  it('list projections when none is named', () => {
    expect(readCommand(['health'])).toMatchObject({ service: 'health', projection: undefined });
  });

  it.each([
    [[], 'Name a service'],
    [['shop'], 'There is no service "shop"'],
    [['agent', 'a', 'b'], 'One projection at a time'],
    [['agent', 'a', '--workers', '0'], '--workers is "0"'],
    [['agent', 'a', '--compare-only', '--roll-back'], 'exclude each other'],
    [['agent', 'a', '--fast'], "Unknown option '--fast'"],
  ])('refuse %j', (args, message) => {
    expect(() => readCommand(args)).toThrow(WrongUsage);
    expect(() => readCommand(args)).toThrow(message);
  });
});
