import { describe, expect, it } from '@jest/globals';
import { StockRoom } from './stock-room.ts';

function filled(): StockRoom {
  const shelves = new StockRoom();
  shelves.put('A', { lotId: 'new', expiresOn: '2026-03-09', quantity: 5 });
  shelves.put('A', { lotId: 'old', expiresOn: '2026-03-04', quantity: 3 });
  shelves.put('A', { lotId: 'kept', quantity: 2 });
  return shelves;
}

describe('a stock room', () => {
  it('takes the oldest first, and what keeps for ever last', () => {
    const shelves = filled();

    expect(shelves.take('A', 8)).toBe(true);
    expect(shelves.takeExpired('A', '2030-01-01')).toBeUndefined();
    expect(shelves.level('A')).toBe(2);
  });

  it('takes nothing when there is not enough', () => {
    const shelves = filled();

    expect(shelves.take('A', 11)).toBe(false);
    expect(shelves.level('A')).toBe(10);
  });

  it('knows what will still be good', () => {
    expect(filled().levelGoodOn('A', '2026-03-05')).toBe(7);
    expect(filled().levelGoodOn('A', '2026-03-04')).toBe(10);
  });

  it('keeps what has the same lot together', () => {
    const shelves = filled();
    shelves.put('A', { lotId: 'old', expiresOn: '2026-03-04', quantity: 4 });

    expect(shelves.takeExpired('A', '2026-03-05')).toEqual({ lotId: 'old', expiresOn: '2026-03-04', quantity: 7 });
  });
});
