import { describe, expect, it } from '@jest/globals';
import { fnv1a, SLOT_COUNT, slotOf } from './slots.ts';

describe('slots', () => {
  it.each([
    ['', 0x811c9dc5],
    ['a', 0xe40c292c],
    ['foobar', 0xbf9cf968],
  ])('hashes %p as the published FNV-1a vectors say', (text, expected) => {
    expect(fnv1a(text)).toBe(expected);
  });

  it('gives a stream the same slot for ever', () => {
    expect([slotOf('demo', 'item-VEG001'), slotOf('demo', 'item-MEAT001'), slotOf('other', 'item-VEG001')]).toEqual([
      fnv1a('demo/item-VEG001') % SLOT_COUNT,
      fnv1a('demo/item-MEAT001') % SLOT_COUNT,
      fnv1a('other/item-VEG001') % SLOT_COUNT,
    ]);
    expect(slotOf('demo', 'item-VEG001')).toBe(38);
  });
});
