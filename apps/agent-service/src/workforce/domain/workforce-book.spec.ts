import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY_MS, HOUR_MS, MINUTE_MS, plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import {
  asksForLeave,
  clocked,
  inOrder,
  planned,
  playHr,
  registered,
  settingsOf,
  sold,
  timePasses,
  wall,
  worked,
} from '../hr-events.contract.ts';

const bookOf = (happenings: readonly Happening[], settings = settingsOf()) => {
  const player = playHr(settings);
  player.tell(...happenings);
  return player.assessor.book;
};
const cents = (amount: number) => ({ amount, currency: 'USD' });

describe('hours and pay', () => {
  it.each([
    [7, 0, 7 * 2_000],
    [8, 0, 8 * 2_000],
    [10, 2, 8 * 2_000 + 2 * 3_000],
  ])('a day of %d hours has %d of overtime and costs %d cents', (hours, overtime, cost) => {
    const book = bookOf([registered('e1'), ...worked('e1', wall('2026-03-02 09:00'), hours)]);
    expect(book.days.get('2026-03-02')).toEqual({
      workedMs: hours * HOUR_MS,
      overtimeMs: overtime * HOUR_MS,
      cost,
      unpricedMs: 0,
    });
  });

  it('hours beyond those of the week are overtime once, on the day on which they are worked', () => {
    const week = [0, 1, 2, 3, 4].flatMap((day) => worked('e1', wall(`2026-03-0${2 + day} 09:00`), 9));
    const book = bookOf([registered('e1'), ...week, ...worked('e1', wall('2026-03-07 09:00'), 3)]);
    const overtime = [2, 3, 4, 5, 6, 7].map((day) => (book.days.get(`2026-03-0${day}`)?.overtimeMs ?? 0) / HOUR_MS);
    expect(overtime).toEqual([1, 1, 1, 1, 1, 3]);
  });

  it('the threshold of the settings counts (fault 20: it was read and never used)', () => {
    const book = bookOf(
      [registered('e1'), ...worked('e1', wall('2026-03-02 09:00'), 8)],
      settingsOf({ overtimeThreshold: 6, weeklyOvertimeThreshold: 30, overtimePayFactor: 2 }),
    );
    expect(book.days.get('2026-03-02')).toMatchObject({ overtimeMs: 2 * HOUR_MS, cost: 6 * 2_000 + 2 * 4_000 });
  });

  it('a rise counts from the day on which it is known; hours before the first rate are priced by it', () => {
    const book = bookOf([
      ...worked('e1', wall('2026-03-02 09:00'), 1),
      registered('e1', { hourlyRate: cents(2_000) }, '2026-03-03T08:00:00Z'),
      ...worked('e1', wall('2026-03-03 09:00'), 1),
      registered('e1', { hourlyRate: cents(2_500) }, '2026-03-04T08:00:00Z'),
      ...worked('e1', wall('2026-03-04 09:00'), 1),
    ]);
    expect(['02', '03', '04'].map((day) => book.days.get(`2026-03-${day}`)?.cost)).toEqual([2_000, 2_000, 2_500]);
  });

  it('hours paid in another currency, or at an unknown rate, are kept apart', () => {
    const book = bookOf([
      registered('e1', { hourlyRate: { amount: 2_000, currency: 'EUR' } }),
      ...worked('e1', wall('2026-03-02 09:00'), 2),
      ...worked('nobody', wall('2026-03-02 12:00'), 3),
    ]);
    expect(book.days.get('2026-03-02')).toMatchObject({ cost: 0, unpricedMs: 5 * HOUR_MS });
  });

  it('a record that comes late changes the day and the week to which it belongs', () => {
    const late = clocked('e1', 'break-start', wall('2026-03-02 12:00'), wall('2026-03-04 09:00'));
    const end = clocked('e1', 'break-end', wall('2026-03-02 13:00'), wall('2026-03-04 09:00'));
    const book = bookOf([registered('e1'), ...worked('e1', wall('2026-03-02 09:00'), 9), end, late]);
    expect(book.days.get('2026-03-02')).toMatchObject({ workedMs: 8 * HOUR_MS, overtimeMs: 0, cost: 16_000 });
  });

  it('a record of long ago, or of a clock that is days ahead, changes nothing', () => {
    const given = [
      registered('e1'),
      ...worked('e1', wall('2026-03-02 09:00'), 5),
      ...worked('e1', wall('2026-03-20 09:00'), 5),
    ];
    const book = bookOf(given);
    const ancient = worked('e1', wall('2026-03-01 09:00'), 5).map((one) => ({ ...one, at: '2026-03-20T20:00:00Z' }));
    const ahead = worked('e1', wall('2026-04-20 09:00'), 5).map((one) => ({ ...one, at: '2026-03-20T20:00:00Z' }));
    expect(bookOf([...given, ...ancient, ...ahead])).toEqual(book);
  });

  it('a plan that becomes known afterwards says when a shift ended that nobody ended', () => {
    const forgot = [
      clocked('e1', 'in', wall('2026-03-02 17:00')),
      ...worked('e1', wall('2026-03-03 17:00'), 6),
      planned('s1', 'e1', wall('2026-03-02 17:00'), { hours: 5, toldMs: wall('2026-03-04 09:00') }),
    ];
    expect(bookOf(forgot.slice(0, -1)).days.get('2026-03-02')?.workedMs).toBe(8 * HOUR_MS);
    expect(bookOf(forgot).days.get('2026-03-02')?.workedMs).toBe(5 * HOUR_MS);
  });
});

describe('plans, leave and demand', () => {
  it('a shift that is planned anew under its id is one shift', () => {
    const book = bookOf([
      planned('s1', 'e1', wall('2026-03-02 09:00')),
      planned('s1', 'e2', wall('2026-03-03 09:00'), { toldMs: wall('2026-03-01 10:00') }),
    ]);
    expect([...book.planned.values()].flatMap((shifts) => [...shifts.values()])).toMatchObject([
      { shiftId: 's1', employeeId: 'e2', day: '2026-03-03' },
    ]);
  });

  it('sales count on the day and hour of the place, returns are taken off, other currencies are not added', () => {
    const zone = 'America/New_York';
    const book = bookOf(
      [
        sold('o1', wall('2026-03-02 23:30', zone), 5_000),
        sold('o2', wall('2026-03-02 23:40', zone), 1_000, { kind: 'return' }),
        sold('o3', wall('2026-03-02 23:50', zone), 9_999, { currency: 'EUR' }),
        sold('o4', wall('2026-03-03 00:10', zone), 700),
      ],
      settingsOf({}, zone),
    );
    expect(book.demand.get('2026-03-02')).toMatchObject({ revenue: 4_000, tickets: 2, hasOtherCurrencies: true });
    expect(book.demand.get('2026-03-02')?.ticketsByHour?.[23]).toBe(2);
    expect(book.demand.get('2026-03-03')).toMatchObject({ revenue: 700, tickets: 1, hasOtherCurrencies: false });
  });

  it('keeps no names', () => {
    const book = bookOf([
      registered('e1'),
      asksForLeave('l1', 'e1', { kind: 'sick', startsOn: '2026-03-02', endsOn: '2026-03-02' }, '2026-03-01T08:00:00Z'),
    ]);
    expect(serialize(book).toString('latin1')).not.toContain('Name of');
  });
});

describe('the book', () => {
  it('stays bounded over two years, and keeps the sums of its days', () => {
    const happenings: Happening[] = [registered('e1')];
    for (let day = 0; day < 730; day += 1) {
      const date = plusDays('2026-01-05', day);
      happenings.push(planned(`s${day}`, 'e1', wall(`${date} 09:00`)), sold(`o${day}`, wall(`${date} 12:00`), 10_000));
      happenings.push(...worked('e1', wall(`${date} 09:00`), 5));
    }
    const book = bookOf(inOrder(happenings));
    const file = book.employees.get('e1');
    expect(book.days.size).toBeLessThanOrEqual(401);
    expect(book.demand.size).toBeLessThanOrEqual(401);
    expect(book.plannedDays.size).toBeLessThanOrEqual(33);
    expect(file?.records.length).toBeLessThanOrEqual(2 * 17);
    expect((file?.settled.length ?? 0) + (file?.recent.length ?? 0)).toBeLessThanOrEqual(72);
    expect(file?.days.size).toBeLessThanOrEqual(72);
    expect(new Set([...book.days.values()].map(({ workedMs }) => workedMs / HOUR_MS))).toEqual(new Set([5]));
  });

  it('can be saved and read back as it is', () => {
    const book = bookOf([
      registered('e1'),
      ...worked('e1', wall('2026-03-02 09:00'), 5),
      timePasses(wall('2026-03-02 20:00')),
    ]);
    expect(deserialize(serialize(book))).toEqual(book);
  });

  const EMPLOYEES = ['e1', 'e2', 'nobody'] as const;
  const START = wall('2026-03-20 00:00');
  const happening = fc.tuple(
    fc.constantFrom('in', 'out', 'break-start', 'break-end', 'plan', 'leave', 'register', 'sale'),
    fc.constantFrom(...EMPLOYEES),
    fc.integer({ min: 0, max: 20 * 24 * 4 }),
    fc.integer({ min: -400 * 24, max: 48 }),
  );
  const toHappening = ([what, who, quarter, lagHours]: readonly [string, string, number, number]): Happening => {
    const atMs = START + quarter * 15 * MINUTE_MS;
    switch (what) {
      case 'plan':
        return planned(`s${quarter % 40}`, who, atMs - lagHours * HOUR_MS, { hours: 1 + (quarter % 30), toldMs: atMs });
      case 'leave': {
        const startsOn = new Date(atMs).toISOString().slice(0, 10);
        return asksForLeave(
          `l${quarter % 9}`,
          who,
          { kind: 'vacation', startsOn, endsOn: plusDays(startsOn, quarter % 500) },
          new Date(atMs).toISOString(),
        );
      }
      case 'register':
        return registered(
          who,
          quarter % 2 === 0 ? { status: 'terminated' } : { annualSalary: cents(3_650_000) },
          new Date(atMs).toISOString(),
        );
      case 'sale':
        return sold(`o${quarter}`, atMs, quarter - 500, { kind: quarter % 5 === 0 ? 'return' : 'sale' });
      default:
        return clocked(who, what as 'in', atMs + (lagHours > 0 ? lagHours * HOUR_MS : 0), atMs);
    }
  };

  it('takes whatever the contracts allow, in any order, and its days are the sum of its people', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (given) => {
        const book = bookOf([registered('e1'), ...given.map(toHappening)], settingsOf({}, 'Europe/Berlin'));
        for (const [day, total] of book.days) {
          const people = [...book.employees.values()].map(({ days }) => days.get(day)?.workedMs ?? 0);
          expect(total.workedMs).toBe(people.reduce((sum, ms) => sum + ms, 0));
          expect(total.workedMs).toBeGreaterThanOrEqual(0);
          expect(total.overtimeMs).toBeLessThanOrEqual(total.workedMs);
          expect(total.cost).toBeGreaterThanOrEqual(0);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it('comes to the same sums in whatever order the records of a week arrive, and when they are told twice', () => {
    const week = [0, 1, 2, 3, 4].flatMap((day) => [
      ...worked('e1', wall(`2026-03-0${2 + day} 09:00`), 9 + day / 2),
      ...worked('e2', wall(`2026-03-0${2 + day} 22:00`), 7),
    ]);
    const friday = wall('2026-03-08 09:00');
    const toldAtOnce = week.map((one) => ({ ...one, at: new Date(friday).toISOString() }));
    const sums = (given: readonly Happening[]) =>
      [...bookOf([registered('e1'), registered('e2'), ...given]).days].toSorted(([left], [right]) =>
        left < right ? -1 : 1,
      );
    const expected = sums(toldAtOnce);
    const twice = [...toldAtOnce, ...toldAtOnce];
    fc.assert(
      fc.property(fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }), (shuffled) => {
        expect(sums(shuffled)).toEqual(expected);
      }),
      { seed: 8, numRuns: 50 },
    );
    expect(expected[0]?.[1]?.workedMs).toBe(16 * HOUR_MS);
  });

  it('forgets who left long ago', () => {
    const gone = registered('e2', { status: 'terminated' }, '2026-01-02T08:00:00Z');
    const book = bookOf([registered('e1'), gone, timePasses(wall('2026-01-02 08:00') + 100 * DAY_MS)]);
    expect([...book.employees.keys()]).toEqual(['e1']);
  });
});
