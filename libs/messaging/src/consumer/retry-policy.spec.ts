import { describe, expect, it } from '@jest/globals';
import { StoreFull, StoreUnavailable } from '#libs/event-store';
import { DomainError, type ErrorKind } from '#libs/kernel';
import { OutOfPlace } from '../errors.ts';
import { fateOf, isConflict, isStoreAway, RETRY_POLICY } from './retry-policy.ts';

class Foreseen extends DomainError {
  readonly kind: ErrorKind;
  readonly code = 'spec/foreseen';

  constructor(kind: ErrorKind) {
    super(kind);
    this.kind = kind;
  }
}

describe('a message whose handler failed', () => {
  it.each(['invalid', 'malformed', 'not-found', 'refused'] as const)('is dead at once when it is %s', (kind) => {
    expect(fateOf(new Foreseen(kind), 1, RETRY_POLICY)).toEqual({ state: 'dead' });
  });

  it.each([
    ['a conflict', new Foreseen('conflict')],
    ['a defect', new TypeError('oops')],
    ['something thrown that is no error', 'oops'],
  ])('by %s is tried again eight times, each pause twice the last', (_, error) => {
    const fates = Array.from({ length: 8 }, (__, index) => fateOf(error, index + 1, RETRY_POLICY));
    expect(fates).toEqual([
      ...[200, 400, 800, 1_600, 3_200, 6_400, 12_800].map((inMs) => ({ state: 'retrying', inMs })),
      { state: 'dead' },
    ]);
  });

  it('by what is unavailable is tried without end, at least every half minute', () => {
    expect(fateOf(new Foreseen('unavailable'), 1, RETRY_POLICY)).toEqual({ state: 'retrying', inMs: 200 });
    expect(fateOf(new Foreseen('unavailable'), 1_000, RETRY_POLICY)).toEqual({ state: 'retrying', inMs: 30_000 });
  });

  it('waits where it is while our own store is away, since it could not be put aside either', () => {
    expect([new StoreUnavailable(new Error('gone')), new StoreFull(new Error('full'))].map(isStoreAway)).toEqual([
      true,
      true,
    ]);
    expect(isStoreAway(new Foreseen('unavailable'))).toBe(false);
  });

  it('may succeed at once when somebody else wrote in the same moment, unless the slot is not ours any more', () => {
    expect(isConflict(new Foreseen('conflict'))).toBe(true);
    expect(isConflict(new OutOfPlace('consumer', 1))).toBe(false);
    expect(isConflict(new TypeError('oops'))).toBe(false);
  });
});
