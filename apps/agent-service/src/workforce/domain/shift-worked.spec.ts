import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HOUR_MS, MINUTE_MS, timeZone } from '#libs/kernel';
import { pairedRecords, shiftsWorked, workedMs, type ClockKind, type ClockRecord } from './shift-worked.ts';

const LATER = Date.parse('2027-01-01T00:00:00Z');
const record = (kind: ClockKind, at: string): ClockRecord => ({ kind, atMs: Date.parse(at) });
const context = (zone = 'UTC', scheduledEnd?: string) => ({
  employeeId: 'e1',
  zone: timeZone(zone),
  scheduledEndMs: () => (scheduledEnd === undefined ? undefined : Date.parse(scheduledEnd)),
});
const shifts = (records: readonly ClockRecord[], zone?: string, scheduledEnd?: string, nowMs = LATER) =>
  shiftsWorked(records, { ...context(zone, scheduledEnd), nowMs });
const hours = (...given: Parameters<typeof shifts>) =>
  shifts(...given).map((shift) => workedMs(shift, given[3] ?? LATER) / HOUR_MS);

describe('a worked shift', () => {
  it('runs from clocking in to clocking out, less the breaks', () => {
    const day = [
      record('in', '2026-03-02T09:00:00Z'),
      record('break-start', '2026-03-02T12:00:00Z'),
      record('break-end', '2026-03-02T12:30:00Z'),
      record('break-start', '2026-03-02T15:00:00Z'),
      record('break-end', '2026-03-02T15:15:00Z'),
      record('out', '2026-03-02T17:30:00Z'),
    ];
    expect(hours(day)).toEqual([7.75]);
    expect(shifts(day)).toMatchObject([{ day: '2026-03-02', isAssumed: false, flaws: [] }]);
  });

  it('over midnight belongs to the day on which it began, with all of its hours (fault 21: hours were negative)', () => {
    const night = [record('in', '2026-03-02T21:00:00Z'), record('out', '2026-03-03T05:00:00Z')];
    expect(hours(night)).toEqual([8]);
    expect(shifts(night)[0]?.day).toBe('2026-03-02');
    // 21:00 UTC is 02:30 of the next day in Kolkata.
    expect(shifts(night, 'Asia/Kolkata')[0]?.day).toBe('2026-03-03');
    expect(shifts(night, 'America/Los_Angeles')[0]?.day).toBe('2026-03-02');
  });

  it.each([
    ['forward', '2026-03-28T21:00:00Z', '2026-03-29T04:00:00Z', '2026-03-28'],
    ['back', '2026-10-24T20:00:00Z', '2026-10-25T05:00:00Z', '2026-10-24'],
  ])('from 22:00 to 06:00 in the night in which clocks go %s has 7 or 9 hours', (way, from, to, day) => {
    const night = [record('in', from), record('out', to)];
    expect(hours(night, 'Europe/Berlin')).toEqual([way === 'forward' ? 7 : 9]);
    expect(shifts(night, 'Europe/Berlin')[0]?.day).toBe(day);
  });

  it('is open until somebody clocks out, and a break that runs is no work', () => {
    const open = [record('in', '2026-03-02T09:00:00Z')];
    const noon = Date.parse('2026-03-02T12:00:00Z');
    expect(shifts(open, 'UTC', undefined, noon)).toMatchObject([{ endedMs: undefined, isAssumed: false }]);
    expect(hours(open, 'UTC', undefined, noon)).toEqual([3]);
    expect(hours([...open, record('break-start', '2026-03-02T11:00:00Z')], 'UTC', undefined, noon)).toEqual([2]);
  });

  it.each([
    ['at 16 h', 16 * HOUR_MS, undefined],
    ['after 16 h', 16 * HOUR_MS + 1, 8],
  ])('that nobody ended and nobody planned is, %s, neither nothing nor endless', (_, afterMs, assumed) => {
    const open = [record('in', '2026-03-02T09:00:00Z')];
    const startedMs = Date.parse('2026-03-02T09:00:00Z');
    const [shift] = shifts(open, 'UTC', undefined, startedMs + afterMs);
    expect(shift?.endedMs).toBe(assumed === undefined ? undefined : startedMs + assumed * HOUR_MS);
    expect(shift?.flaws).toEqual(assumed === undefined ? [] : ['end-unknown']);
  });

  it('that nobody ended ends when it was to end', () => {
    const open = [record('in', '2026-03-02T17:00:00Z')];
    expect(hours(open, 'UTC', '2026-03-02T23:00:00Z')).toEqual([6]);
    expect(shifts(open, 'UTC', '2026-03-02T23:00:00Z')).toMatchObject([{ isAssumed: true, flaws: ['end-assumed'] }]);
  });

  it('that nobody ended lasts at least to its last record', () => {
    const open = [record('in', '2026-03-02T09:00:00Z'), record('break-start', '2026-03-02T19:00:00Z')];
    const back = record('break-end', '2026-03-02T19:20:00Z');
    expect(shifts([...open, back], 'UTC', '2026-03-02T17:00:00Z')[0]?.endedMs).toBe(back.atMs);
    // The same whether it is ended by the clock or by the next shift.
    const next = record('in', '2026-03-04T09:00:00Z');
    expect(shifts([...open, back, next], 'UTC', '2026-03-02T17:00:00Z')[0]).toEqual(
      shifts([...open, back], 'UTC', '2026-03-02T17:00:00Z')[0],
    );
  });
});

describe('records that do not fit', () => {
  it('clocking in twice is one shift', () => {
    const twice = [
      record('in', '2026-03-02T09:00:00Z'),
      record('in', '2026-03-02T09:02:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
    ];
    expect(hours(twice)).toEqual([8]);
    expect(shifts(twice)[0]?.flaws).toEqual(['double-in']);
  });

  it('clocking in long after the planned end is a new shift, and the one before ended when planned', () => {
    const forgot = [
      record('in', '2026-03-02T17:00:00Z'),
      record('in', '2026-03-03T08:00:00Z'),
      record('out', '2026-03-03T16:00:00Z'),
    ];
    expect(hours(forgot, 'UTC', '2026-03-02T23:00:00Z')).toEqual([6, 8]);
  });

  it('clocking in during a break ends the break', () => {
    const back = [
      record('in', '2026-03-02T09:00:00Z'),
      record('break-start', '2026-03-02T12:00:00Z'),
      record('in', '2026-03-02T13:00:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
    ];
    expect(hours(back)).toEqual([7]);
  });

  it('clocking out without having come, and the end of a break that nobody began, count for nothing', () => {
    const strays = [record('out', '2026-03-02T08:00:00Z'), record('break-end', '2026-03-02T08:30:00Z')];
    expect(pairedRecords(strays, context())).toMatchObject({ shifts: [], strays });
    const shift = [
      record('in', '2026-03-02T09:00:00Z'),
      record('break-end', '2026-03-02T12:00:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
    ];
    expect(hours(shift)).toEqual([8]);
    expect(shifts(shift)[0]?.flaws).toEqual(['break-end-without-start']);
  });

  it('a break that nobody ended counts half an hour', () => {
    const shift = [
      record('in', '2026-03-02T09:00:00Z'),
      record('break-start', '2026-03-02T12:00:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
    ];
    expect(hours(shift)).toEqual([7.5]);
    expect(shifts(shift)[0]?.flaws).toEqual(['break-not-ended']);
    const short = [
      record('in', '2026-03-02T09:00:00Z'),
      record('break-start', '2026-03-02T16:45:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
    ];
    expect(hours(short)).toEqual([7.75]);
  });

  it('records that arrive late are put in their place, and it is said', () => {
    const late = [
      record('in', '2026-03-02T09:00:00Z'),
      record('out', '2026-03-02T17:00:00Z'),
      record('break-end', '2026-03-02T12:45:00Z'),
      record('break-start', '2026-03-02T12:00:00Z'),
    ];
    expect(hours(late)).toEqual([7.25]);
    expect(shifts(late)[0]?.flaws).toEqual(['out-of-order']);
  });

  it('one shift may end in the second in which the next begins', () => {
    const both = [
      record('in', '2026-03-02T09:00:00Z'),
      record('in', '2026-03-02T12:00:00Z'),
      record('out', '2026-03-02T12:00:00Z'),
      record('out', '2026-03-02T13:00:00Z'),
    ];
    expect(hours(both)).toEqual([3, 1]);
  });
});

describe('whatever a time clock records', () => {
  const START = Date.parse('2026-03-27T00:00:00Z');
  const records = fc.array(
    fc.record({
      kind: fc.constantFrom<ClockKind>('in', 'out', 'break-start', 'break-end'),
      atMs: fc.integer({ min: 0, max: 4 * 24 * 12 }).map((fiveMinutes) => START + fiveMinutes * 5 * MINUTE_MS),
    }),
    { maxLength: 30 },
  );
  const planned = fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined });
  const settings = (plannedHours: number | undefined) => ({
    employeeId: 'e1',
    zone: timeZone('Europe/Berlin'),
    scheduledEndMs: (startedMs: number) =>
      plannedHours === undefined ? undefined : startedMs + plannedHours * HOUR_MS,
  });
  const sum = (given: readonly ClockRecord[], plannedHours: number | undefined, nowMs: number) =>
    shiftsWorked(given, { ...settings(plannedHours), nowMs }).reduce((total, one) => total + workedMs(one, nowMs), 0);

  it('hours are never negative and never more than the time that passed', () => {
    fc.assert(
      fc.property(records, planned, fc.integer({ min: 0, max: 48 }), (given, plannedHours, laterHours) => {
        const times = given.map(({ atMs }) => atMs);
        const nowMs = Math.max(START, ...times) + laterHours * HOUR_MS;
        const worked = shiftsWorked(given, { ...settings(plannedHours), nowMs });
        for (const shift of worked) {
          const ms = workedMs(shift, nowMs);
          expect(ms).toBeGreaterThanOrEqual(0);
          expect(ms).toBeLessThanOrEqual(Math.min(16 * HOUR_MS, (shift.endedMs ?? nowMs) - shift.startedMs));
        }
        expect(sum(given, plannedHours, nowMs)).toBeLessThanOrEqual(nowMs - Math.min(nowMs, ...times));
        expect(worked.slice(0, -1).every(({ endedMs }) => endedMs !== undefined)).toBe(true);
      }),
      { seed: 5, numRuns: 500 },
    );
  });

  it('the order of arrival and records told twice do not change the hours', () => {
    const arrivals = records.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray([...given, ...given], { minLength: given.length * 2, maxLength: given.length * 2 }),
      ),
    );
    fc.assert(
      fc.property(arrivals, planned, ([given, shuffled], plannedHours) => {
        expect(sum(shuffled, plannedHours, LATER)).toBe(sum(given, plannedHours, LATER));
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});
