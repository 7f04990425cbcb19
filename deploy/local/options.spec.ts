import { describe, expect, it } from '@jest/globals';
import { readOptions, WrongUsage } from './options.ts';

describe('the command line of npm start', () => {
  it('goes on with the simulated restaurant when nothing is said', () => {
    expect(readOptions([])).toEqual({
      fresh: false,
      simulation: true,
      history: undefined,
      speed: undefined,
      seed: undefined,
    });
  });

  it('takes every option', () => {
    expect(readOptions(['--fresh', '--no-simulation', '--history', '0', '--speed', '0.5', '--seed=7'])).toEqual({
      fresh: true,
      simulation: false,
      history: 0,
      speed: 0.5,
      seed: 7,
    });
  });

  it('shows help', () => {
    expect(readOptions(['--help', '--fresh'])).toBe('help');
  });

  it.each([
    [['--frehs'], /--frehs/],
    [['now'], /now/],
    [['--history', '1.5'], /--history 1\.5/],
    [['--history', '-1'], /history/],
    [['--speed'], /speed/],
    [['--speed', '0'], /--speed 0/],
    [['--speed', 'fast'], /--speed fast/],
    [['--seed', '1.5'], /--seed 1\.5/],
  ])('refuses %j and names it', (args, message) => {
    expect(() => readOptions(args)).toThrow(WrongUsage);
    expect(() => readOptions(args)).toThrow(message);
  });
});
