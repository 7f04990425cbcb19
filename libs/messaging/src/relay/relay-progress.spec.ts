import { describe, expect, it } from '@jest/globals';
import { position, START } from '#libs/event-store';
import { startingPoint } from './relay-progress.ts';

const at = (value: number) => position(value);

describe('where the relay begins', () => {
  it('publishes everything to a stream that was never written', () => {
    expect(startingPoint({ state: 'never-written' }, { scanned: START, published: START })).toEqual({
      after: START,
      last: START,
      refilling: false,
    });
  });

  it('goes on after what it looked at, when the broker still has the last message', () => {
    expect(startingPoint({ state: 'at', position: at(40) }, { scanned: at(55), published: at(40) })).toEqual({
      after: 55,
      last: 40,
      refilling: false,
    });
  });

  it('trusts a tail that is ahead of what was noted before a crash', () => {
    expect(startingPoint({ state: 'at', position: at(60) }, { scanned: at(55), published: at(40) })).toEqual({
      after: 60,
      last: 60,
      refilling: false,
    });
  });

  it('refills from the tail when the broker lost confirmed messages', () => {
    expect(startingPoint({ state: 'at', position: at(20) }, { scanned: at(55), published: at(40) })).toEqual({
      after: 20,
      last: 20,
      refilling: true,
    });
  });

  it('refills from the beginning when the broker lost the stream', () => {
    expect(startingPoint({ state: 'never-written' }, { scanned: at(55), published: at(40) })).toEqual({
      after: START,
      last: START,
      refilling: true,
    });
  });

  it('does not repeat what retention removed', () => {
    expect(startingPoint({ state: 'aged-out' }, { scanned: at(55), published: at(40) })).toEqual({
      after: 55,
      last: 40,
      refilling: false,
    });
  });
});
