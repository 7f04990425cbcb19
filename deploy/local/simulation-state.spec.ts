import { describe, expect, it } from '@jest/globals';
import { simulationStateName } from './simulation-state.ts';

describe('the state of the simulated restaurant', () => {
  it('has one name on the embedded server, wherever that listens', () => {
    expect([simulationStateName(), simulationStateName('')]).toEqual(['simulation.json', 'simulation.json']);
  });

  it('is kept for each given database by itself', () => {
    const [one, again, other] = ['a', 'a', 'b'].map((name) => simulationStateName(`postgres://u:secret@host/${name}`));

    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(one).not.toContain('secret');
  });
});
