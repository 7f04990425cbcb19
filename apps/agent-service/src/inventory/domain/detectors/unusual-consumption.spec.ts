import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { moved, playInventory, registered, sold, told, usedDaily } from '../../inventory-life.contract.ts';

const weekly = [10, 11, 12, 13, 18, 20, 14];
/** Six weeks with busy weekends and a little chance. */
function sixWeeks(use: (day: number) => number = (day) => (weekly[day % 7] ?? 0) + (day % 3) - 1) {
  const life = playInventory();
  life.tell(registered('A', { reorderPoint: 1 }), moved('A', 'in', 9_000, { time: '06:00' }));
  life.tell(...usedDaily('A', use, { days: 42 }));
  return life;
}
const spikes = (life: ReturnType<typeof playInventory>) => told(life, 'unusual_consumption');

describe('the use of a day', () => {
  it('is not unusual while it is like other days, weekends too', () => {
    expect(spikes(sixWeeks())).toEqual([]);
    expect(spikes(sixWeeks((day) => (day % 2 === 0 ? 30 : 5)))).toEqual([]);
  });

  it('is unusual above the limit, not at it, and told once for the day', () => {
    const life = sixWeeks();
    const limit = life.assessor.book.outlooks.get('A')?.usual?.from ?? 0;
    const nextMonday = life.tell(sold('A', 1, { day: 42, time: '09:00' }));
    expect(nextMonday).toEqual([]);
    const today = life.assessor.book.outlooks.get('A')?.usual?.from ?? limit;
    life.tell(sold('A', Math.floor(today) - 1, { day: 42, time: '10:00' }));
    expect(spikes(life)).toEqual([]);
    life.tell(sold('A', 1, { day: 42, time: '11:00' }), sold('A', 5, { day: 42, time: '12:00' }));
    expect(spikes(life)).toEqual(['unusual_consumption item:A high']);
  });

  it('three times the usual is found, and what was usual is said', () => {
    const life = sixWeeks();
    life.tell(moved('A', 'out', 33, { day: 42 }));
    expect(life.decisions.at(-1)).toMatchObject({
      decisionType: 'unusual_consumption',
      action: { kind: 'investigate-stock', question: 'consumption' },
      figures: { 'used today': 33 },
    });
    expect(life.decisions.at(-1)?.reasoning).toMatch(/33 were used on Monday, 2026-02-16; on such a day about 1\d/);
  });

  it('is over with the next usual day, and found again after it', () => {
    const life = sixWeeks();
    life.tell(moved('A', 'out', 50, { day: 42 }), moved('A', 'out', 11, { day: 43 }));
    expect(life.cleared).toEqual(['unusual-consumption:item:A']);
    life.tell(moved('A', 'out', 70, { day: 44 }));
    expect(spikes(life)).toHaveLength(2);
  });

  it('is found although two spikes were there before', () => {
    const life = sixWeeks((day) => (day === 20 || day === 30 ? 80 : (weekly[day % 7] ?? 0)));
    const before = spikes(life).length;
    // In small sales, so that none of them stands out by itself.
    for (let hour = 10; hour < 19; hour += 1) life.tell(sold('A', 5, { day: 42, time: `${hour}:00` }));
    expect(spikes(life)).toHaveLength(before + 1);
  });

  it('says nothing about an item that is not known for three weeks', () => {
    const life = playInventory();
    life.tell(moved('A', 'in', 900, { time: '06:00' }), ...usedDaily('A', 10, { days: 20 }));
    life.tell(moved('A', 'out', 90, { day: 20 }));
    expect(spikes(life)).toEqual([]);
  });

  it('by chance alone it is seldom unusual', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 4, max: 16 }), { minLength: 70, maxLength: 70 }), (uses) => {
        const life = playInventory();
        life.tell(registered('A', { reorderPoint: 1 }), moved('A', 'in', 9_000, { time: '06:00' }));
        life.tell(...usedDaily('A', (day) => uses[day] ?? 0, { days: 70 }));
        expect(spikes(life)).toEqual([]);
      }),
      { seed: 3, numRuns: 20 },
    );
  });
});

describe('what is taken at once', () => {
  /** Ten single portions a day. */
  const portions = (day: number) =>
    Array.from({ length: 10 }, (_, index) => sold('A', 2, { day, time: `1${index}:00` }));

  it('is unusual when it is far more than ever before, though the day is not', () => {
    const life = playInventory();
    life.tell(registered('A', { reorderPoint: 1 }), moved('A', 'in', 9_000, { time: '06:00' }));
    for (let day = 0; day < 28; day += 1) life.tell(...portions(day));
    life.tell(sold('A', 4, { day: 28, time: '09:00' }));
    expect(spikes(life)).toEqual([]);
    life.tell(sold('A', 21, { day: 28, time: '09:30' }));
    expect(spikes(life)).toEqual(['unusual_consumption item:A high']);
    expect(life.decisions.at(-1)?.figures).toMatchObject({ 'used at once': 21 });
    life.tell(...portions(29), sold('A', 21, { day: 30 }), ...portions(31), sold('A', 21, { day: 32 }));
    expect(spikes(life)).toHaveLength(3);
  });
});
