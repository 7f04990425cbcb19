import { ClockRecordedV1 } from '#libs/contracts';
import type { ClockRecorded } from '#libs/contracts';
import { HOUR_MS, MINUTE_MS, plusDays } from '#libs/kernel';
import { QUIET_DAYS } from '../plan/plot.ts';
import type { Random } from '../random.ts';
import type { Person } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import type { Payroll } from './payroll.ts';
import type { Rota, Shift } from './rota.ts';

const LATE_SHARE = 0.05;
const EARLY_SHARE = 0.05;
const FORGOTTEN_SHARE = 0.006;
const LONGEST_EARLY_MINUTES = 8;
const LATEST_MINUTES = 10;
/** How long somebody works who stays much too long, in hours. */
const LONG_DAY_LEAST = 10.2;
const LONG_DAY_MOST = 10.9;
const SETTLED_MS = 4 * HOUR_MS;

type Times = Readonly<{ inMs: number; breakStartMs: number; breakEndMs: number; outMs: number }>;

/** People come and go, nearly as planned, and the clock on the wall records it. */
export class Attendance {
  readonly #world: World;
  readonly #rota: Rota;
  readonly #payroll: Payroll;
  readonly #random: Random;

  constructor(world: World, rota: Rota, payroll: Payroll) {
    this.#world = world;
    this.#rota = rota;
    this.#payroll = payroll;
    this.#random = world.random('attendance');
  }

  /** Looks at the rota late, so that whoever fell ill in the morning is not expected. */
  plan(day: Day): void {
    this.#world.at(day.date, 7 * 60 + 45, () => {
      this.#expectPeople(day);
    });
    if (this.#world.plot.has('unusual-clock-record', day.index)) this.#comeAtNight(day);
  }

  #expectPeople(day: Day): void {
    const shifts = this.#rota.shiftsOn(day.date);
    const dayShifts = shifts.filter(({ person }) => person.role !== 'night');
    const first = dayShifts.find(({ person }) => person.role === 'front') ?? dayShifts[0];
    const missing = this.#world.plot.has('understaffed-shift', day.index) ? first : undefined;
    // Whoever stays long is somebody else than whoever does not come.
    const staying = this.#world.plot.has('overtime', day.index)
      ? dayShifts.find((shift) => shift !== missing && shift.post.breakMinutes > 0)
      : undefined;
    for (const shift of shifts) {
      if (shift === missing) this.#doNotCome(shift);
      else this.#work(shift, shift === staying);
    }
  }

  #doNotCome({ shiftId, startMs, endMs }: Shift): void {
    this.#world.label({
      class: 'situation',
      kind: 'understaffed-shift',
      subjectRef: `shift:${shiftId}`,
      decisionTypes: ['understaffed_shift'],
      atMs: startMs,
      untilMs: endMs,
    });
  }

  #work(shift: Shift, staysLong: boolean): void {
    const times = staysLong ? this.#longTimes(shift) : this.#usualTimes(shift);
    const forgets = !staysLong && this.#isForgotten(shift);
    const { person, post } = shift;
    this.#clock(person, 'in', times.inMs);
    if (post.breakMinutes > 0) {
      this.#clock(person, 'break-start', times.breakStartMs);
      this.#clock(person, 'break-end', times.breakEndMs);
    }
    if (!forgets) this.#clock(person, 'out', times.outMs);
    const breakMs = post.breakMinutes > 0 ? times.breakEndMs - times.breakStartMs : 0;
    const workedMs = times.outMs - times.inMs - breakMs;
    this.#world.atMs(times.outMs, () => {
      this.#payroll.worked({ person, date: shift.date, workedMs });
    });
    if (staysLong) this.#labelLongDay(person, times, workedMs);
  }

  #usualTimes({ startMs, endMs, post }: Shift): Times {
    const extraMs = this.#staysOn(post.end) ? this.#world.scenarios.most(this.#today, 'extraHours') * HOUR_MS : 0;
    const early = this.#random.between(-LONGEST_EARLY_MINUTES, LATEST_MINUTES);
    const late = this.#random.chance(LATE_SHARE) ? this.#random.between(10, 14) : early;
    const leaves = this.#random.between(-LONGEST_EARLY_MINUTES, LATEST_MINUTES);
    const leavesEarly = this.#random.chance(EARLY_SHARE) ? -this.#random.between(15, 30) : leaves;
    const inMs = startMs + late * MINUTE_MS + this.#seconds();
    const outMs = endMs + leavesEarly * MINUTE_MS + extraMs + this.#seconds();
    return { ...this.#breakWithin(inMs, outMs), inMs, outMs };
  }

  /** In a rush people of the evening stay when the doors are closed. */
  #staysOn(end: number): boolean {
    return end >= this.#world.demand.closingMinute && end < 24 * 60;
  }

  #longTimes({ startMs, post }: Shift): Times {
    const inMs = startMs + this.#random.between(-5, 5) * MINUTE_MS + this.#seconds();
    const hours = this.#random.within(LONG_DAY_LEAST, LONG_DAY_MOST);
    const outMs = inMs + Math.round((hours * 60 + post.breakMinutes) * 60) * 1_000;
    return { ...this.#breakWithin(inMs, outMs), inMs, outMs };
  }

  #breakWithin(inMs: number, outMs: number): Pick<Times, 'breakStartMs' | 'breakEndMs'> {
    const middle = inMs + (outMs - inMs) * this.#random.within(0.4, 0.55);
    const breakStartMs = Math.round(middle / 1_000) * 1_000;
    return { breakStartMs, breakEndMs: breakStartMs + this.#random.between(28, 35) * MINUTE_MS };
  }

  #isForgotten({ person }: Shift): boolean {
    return this.#random.chance(FORGOTTEN_SHARE) && person.role !== 'night';
  }

  #labelLongDay(person: Person, { inMs, outMs }: Times, workedMs: number): void {
    const overMs = workedMs - this.#world.settings.agents.hr.overtimeThreshold * HOUR_MS;
    if (overMs <= 0) return;
    this.#world.label({
      class: 'situation',
      kind: 'overtime',
      subjectRef: `employee:${person.employeeId}`,
      decisionTypes: ['potential_overtime', 'overtime_analysis'],
      atMs: Math.max(inMs, outMs - overMs - HOUR_MS),
      untilMs: outMs + SETTLED_MS,
    });
  }

  /** Somebody who is not on the rota clocks in for an hour in the middle of the night. */
  #comeAtNight({ date, index }: Day): void {
    const free = this.#rota.people.filter((person) => person.role === 'back' || person.role === 'front');
    const person = this.#random.pick(free);
    const minute = this.#random.between(2 * 60, 3 * 60 + 40);
    const lastsMs = this.#random.between(35, 80) * MINUTE_MS;
    if (person === undefined || index < QUIET_DAYS) return;
    const inMs = this.#world.zone.instantOf(date, minute) + this.#seconds();
    this.#world.atMs(inMs, () => {
      this.#world.label({
        class: 'anomaly',
        kind: 'unusual-clock-record',
        subjectRef: `employee:${person.employeeId}`,
        decisionTypes: ['unusual_time_record'],
        atMs: inMs,
        untilMs: inMs + lastsMs + SETTLED_MS,
      });
    });
    this.#clock(person, 'in', inMs);
    this.#clock(person, 'out', inMs + lastsMs);
    this.#world.atMs(inMs + lastsMs, () => {
      this.#payroll.worked({ person, date: plusDays(date, 0), workedMs: lastsMs });
    });
  }

  get #today(): number {
    return this.#world.dayOf(this.#world.today).index;
  }

  #seconds(): number {
    return this.#random.between(0, 59) * 1_000;
  }

  #clock({ employeeId, department }: Person, kind: ClockRecorded['kind'], atMs: number): void {
    this.#world.atMs(atMs, () => {
      const at = new Date(this.#world.nowMs).toISOString();
      this.#world.publish(ClockRecordedV1, employeeId, { employeeId, kind, at, location: department });
    });
  }
}
