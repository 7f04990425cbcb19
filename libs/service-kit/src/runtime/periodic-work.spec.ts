import { describe, expect, it } from '@jest/globals';
import { eventually } from '#libs/testing';
import { PeriodicWork } from './periodic-work.ts';

describe('periodic work', () => {
  it('goes on after a turn that failed, and tells of it', async () => {
    const failures: unknown[] = [];
    let turns = 0;
    const work = new PeriodicWork({
      name: 'test',
      everyMs: 1,
      work: () => {
        turns += 1;
        if (turns === 1) throw new Error('first turn');
      },
      onFailure: (error) => failures.push(error),
    });

    work.start();
    await eventually(() => turns >= 3);
    await work.stop();

    expect(failures).toEqual([new Error('first turn')]);
  });

  it('finishes the turn under way and begins no other', async () => {
    const turn = Promise.withResolvers<undefined>();
    let begun = 0;
    let ended = 0;
    const work = new PeriodicWork({
      name: 'test',
      everyMs: 1,
      work: async () => {
        begun += 1;
        await turn.promise;
        ended += 1;
      },
      onFailure: () => undefined,
    });

    work.start();
    const stopped = work.stop();
    turn.resolve(undefined);
    await stopped;

    expect({ begun, ended }).toEqual({ begun: 1, ended: 1 });
  });
});
