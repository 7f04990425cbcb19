import { describe, expect, it } from '@jest/globals';
import { position, START, type Position } from '#libs/event-store';
import { knownSlots, progressInLife, startingPoint, type RelayProgress } from './relay-progress.ts';

const at = (value: number): Position => position(value);

function progress(scanned: number, published: number, lastOfSlots: readonly Position[] = []): RelayProgress {
  return { epoch: 1, scanned: at(scanned), published: at(published), lastOfSlots };
}

describe('where the relay begins', () => {
  it.each([
    {
      when: 'the stream was never written',
      tail: { state: 'empty', edge: START },
      noted: progress(0, 0),
      begins: { after: START, refilling: false },
    },
    {
      when: 'the broker still has the last message: after what was looked at',
      tail: { state: 'at', position: at(40) },
      noted: progress(55, 40),
      begins: { after: 55, refilling: false },
    },
    {
      when: 'the tail is ahead of what was noted before a crash: there',
      tail: { state: 'at', position: at(60) },
      noted: progress(55, 40),
      begins: { after: 60, refilling: false },
    },
    {
      when: 'the broker lost confirmed messages: at its tail, to put them back',
      tail: { state: 'at', position: at(20) },
      noted: progress(55, 40),
      begins: { after: 20, refilling: true },
    },
    {
      when: 'the broker lost the stream: at the edge of retention',
      tail: { state: 'empty', edge: at(12) },
      noted: progress(55, 40),
      begins: { after: 12, refilling: true },
    },
    {
      when: 'retention removed everything: after what was looked at',
      tail: { state: 'empty', edge: at(42) },
      noted: progress(55, 40),
      begins: { after: 55, refilling: false },
    },
    {
      when: 'it was away for longer than messages are kept: at the edge of retention',
      tail: { state: 'empty', edge: at(70) },
      noted: progress(55, 40),
      begins: { after: 70, refilling: false },
    },
  ] as const)('when $when', ({ tail, noted, begins }) => {
    expect(startingPoint(tail, noted)).toEqual(begins);
  });
});

describe('what was noted in an earlier life of the store', () => {
  const lives = [
    { epoch: 2, began: at(50) },
    { epoch: 1, began: START },
  ] as const;

  it('holds up to where the new life began', () => {
    expect(progressInLife(progress(45, 40, [at(40)]), lives)).toEqual({
      epoch: 2,
      scanned: 45,
      published: 40,
      lastOfSlots: [40],
    });
    expect(progressInLife(progress(80, 60, [at(60)]), lives)).toEqual({
      epoch: 2,
      scanned: 50,
      published: 50,
      lastOfSlots: [],
    });
  });
});

describe('what is known of the slots where the relay begins', () => {
  const noted = Array.from({ length: 64 }, (_, slot) => at(slot));

  it('is what was noted, and else that nothing was published since', () => {
    const known = knownSlots(progress(70, 63, noted), at(40));

    expect(known.slice(38, 43)).toEqual([38, 39, 40, 40, 40]);
  });

  it('is nothing when nothing was noted, or less', () => {
    const nothing = Array.from({ length: 64 }, () => 40);

    expect(knownSlots(progress(70, 63), at(40))).toEqual(nothing);
    expect(knownSlots(progress(39, 39, noted), at(40))).toEqual(nothing);
  });
});
