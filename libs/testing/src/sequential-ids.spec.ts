import { describe, expect, it } from '@jest/globals';
import { eventId } from '#libs/kernel';
import { sequentialIds } from './sequential-ids.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('Sequential ids', () => {
  it('are UUIDv7s that sort in the order given and are known beforehand', () => {
    const ids = sequentialIds();
    const expected = [ids.nth(1), ids.nth(2), ids.nth(300)];

    const given = Array.from({ length: 300 }, () => ids.next());

    expect([given[0], given[1], given[299]]).toEqual(expected);
    expect([...given].sort()).toEqual(given);
    for (const id of given) expect(eventId(id)).toMatch(UUID_V7);
  });

  it('of two series never meet', () => {
    expect(sequentialIds(1).next()).not.toBe(sequentialIds(2).next());
  });

  it('refuse a series that has no room in a UUID', () => {
    expect(() => sequentialIds(4096)).toThrow(RangeError);
    expect(() => sequentialIds().nth(0)).toThrow(RangeError);
  });
});
