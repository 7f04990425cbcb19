import { describe, expect, it } from '@jest/globals';
import { RecentStates } from './recent-states.ts';

const folded = (version: number) => ({ state: version, version, hash: String(version) });

describe('the states that were loaded last', () => {
  it('are no more than their bound, and what was not used for longest goes first', () => {
    const states = new RecentStates<number>(2);
    states.put('a', folded(1));
    states.put('b', folded(2));
    states.get('a');

    states.put('c', folded(3));

    expect(['a', 'b', 'c'].map((stream) => states.get(stream)?.version)).toEqual([1, undefined, 3]);
    expect(states.size).toBe(2);
  });

  it('are the newest of each stream', () => {
    const states = new RecentStates<number>(2);
    states.put('a', folded(1));
    states.put('a', folded(2));

    expect(states.get('a')?.version).toBe(2);
    expect(states.size).toBe(1);
  });

  it('are none when nothing is to be kept', () => {
    const states = new RecentStates<number>(0);
    states.put('a', folded(1));

    expect(states.get('a')).toBeUndefined();
  });
});
