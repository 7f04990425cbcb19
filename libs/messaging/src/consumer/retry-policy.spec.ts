import { describe, expect, it } from '@jest/globals';
import { AppendQueueFull, IdempotencyKeyReused, StoreUnavailable, WrongExpectedVersion } from '#libs/event-store';
import { MalformedMessage, OutOfPlace } from '../errors.ts';
import { fateOf, isConflict, RETRY_POLICY } from './retry-policy.ts';

const defect = new TypeError('undefined is not a function');
const conflict = new WrongExpectedVersion('item-1', 3, 4);
const reused = new IdempotencyKeyReused('till-7/1', 12);

describe('what becomes of a message whose handler failed', () => {
  it.each([
    { name: 'a defect', error: defect },
    { name: 'a conflict', error: conflict },
  ])('$name is tried so many times, after longer and longer pauses, and then is dead', ({ error }) => {
    const attempts = Array.from({ length: RETRY_POLICY.attempts }, (_, index) => index + 1);
    expect(attempts.map((attempt) => fateOf(error, attempt, RETRY_POLICY))).toEqual([
      ...[200, 400, 800, 1_600, 3_200, 6_400, 12_800].map((inMs) => ({ state: 'retrying', inMs })),
      { state: 'dead' },
    ]);
  });

  it.each([
    { name: 'a store that is away', error: new StoreUnavailable(defect) },
    { name: 'a full queue', error: new AppendQueueFull(9, 9) },
  ])('$name is waited for without end, and never longer than the longest pause', ({ error }) => {
    expect(fateOf(error, 1_000, RETRY_POLICY)).toEqual({ state: 'retrying', inMs: RETRY_POLICY.longestMs });
  });

  it.each([
    { name: 'what is no event', error: new MalformedMessage('its payload is no JSON') },
    { name: 'a known key with other content', error: reused },
  ])('$name will never do, so it is dead at once', ({ error }) => {
    expect(fateOf(error, 1, RETRY_POLICY)).toEqual({ state: 'dead' });
  });
});

describe('another attempt at once', () => {
  it.each([
    { name: 'when somebody else wrote meanwhile', error: conflict, may: true },
    { name: 'not with a known key and other content', error: reused, may: false },
    { name: 'not when the slot is elsewhere', error: new OutOfPlace('health_evt_agent', 5), may: false },
    { name: 'not after a defect', error: defect, may: false },
  ])('$name', ({ error, may }) => {
    expect(isConflict(error)).toBe(may);
  });
});
