import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { RequestInvalid } from '../problems/http.errors.ts';
import { pageOfRows, placeOfCursor } from './page.ts';

const parts = { itemOf: (row: number) => `item ${row}`, placeOf: (row: number) => row };

describe('a page of a list', () => {
  it('says where the next one begins when there is one row too many', () => {
    const page = pageOfRows({ ...parts, rows: [9, 7, 5], limit: 2 });

    expect(page).toMatchObject({ data: ['item 9', 'item 7'], hasMore: true });
    expect(placeOfCursor(page.nextCursor ?? '', z.int())).toBe(7);
  });

  it('is the last one otherwise', () => {
    expect(pageOfRows({ ...parts, rows: [9, 7], limit: 2 })).toEqual({
      data: ['item 9', 'item 7'],
      nextCursor: null,
      hasMore: false,
    });
  });

  it.each(['', '!!!', 'bm90IGpzb24', Buffer.from('"VEG001"').toString('base64url')])(
    'refuses the cursor %p of another list',
    (cursor) => {
      expect(() => placeOfCursor(cursor, z.int())).toThrow(RequestInvalid);
    },
  );
});
