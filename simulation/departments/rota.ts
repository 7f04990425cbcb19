import { EmployeeRegisteredV1, ShiftScheduledV1 } from '#libs/contracts';
import { MINUTE_MS, plusDays, weekdayOf, type LocalDate } from '#libs/kernel';
import type { Random } from '../random.ts';
import type { Person, Post } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';

/** A place on the rota of one day, and who takes it. */
export type Shift = Readonly<{
  shiftId: string;
  date: LocalDate;
  post: Post;
  person: Person;
  startMs: number;
  endMs: number;
}>;

/** So many days ahead is each day planned. */
export const PLANNED_AHEAD_DAYS = 8;
const PLANNED_AT = 15 * 60;
const SHORTEST_EXTRA_HOURS = 3;
const LONGEST_WEEK_HOURS = 37.5;
/** When there is no other way. */
const LONGEST_WEEK_IN_NEED_HOURS = 39;

/** Whether somebody is away on a day. */
export type Absence = (person: Person, date: LocalDate) => boolean;

/** Plans who works when: as many hours as the day's sales should pay for, and never fewer than the base. */
export class Rota {
  readonly #world: World;
  readonly #random: Random;
  readonly #isAway: Absence;
  readonly #shifts = new Map<LocalDate, Shift[]>();
  /** Hours by person and Monday. */
  readonly #hours = new Map<string, number>();
  readonly #overworked = new Map<LocalDate, Person>();

  constructor(world: World, isAway: Absence) {
    this.#world = world;
    this.#random = world.random('rota');
    this.#isAway = isAway;
  }

  get people(): readonly Person[] {
    return this.#world.trade.people;
  }

  open(date: LocalDate): void {
    for (const { employeeId, name, position, department, employment, hiredOn, weeklyHours, hourlyRate } of this
      .people) {
      this.#world.publish(EmployeeRegisteredV1, employeeId, {
        employeeId,
        name,
        position,
        department,
        employment,
        status: 'active',
        hiredOn,
        weeklyHours,
        hourlyRate: this.#world.money(this.#world.minor(hourlyRate)),
      });
    }
    for (let ahead = 0; ahead < PLANNED_AHEAD_DAYS; ahead += 1) this.#planDay(this.#world.dayOf(plusDays(date, ahead)));
  }

  plan({ date }: Day): void {
    this.#shifts.delete(plusDays(date, -3));
    this.#world.at(date, PLANNED_AT, () => {
      this.#planDay(this.#world.dayOf(plusDays(date, PLANNED_AHEAD_DAYS)));
    });
  }

  shiftsOn(date: LocalDate): readonly Shift[] {
    return this.#shifts.get(date) ?? [];
  }

  /** Who is to work more than a week's hours in the week of that day, if anybody. */
  overworkedIn(date: LocalDate): Person | undefined {
    return this.#overworked.get(mondayOf(date));
  }

  /** Somebody else takes a shift; nobody can when everybody is away, at work, or has had enough. */
  handOver(shift: Shift): boolean {
    const [substitute] = this.#available(shift.post, shift.date, LONGEST_WEEK_HOURS);
    if (substitute === undefined) return false;
    const changed = { ...shift, person: substitute };
    this.#shifts.set(
      shift.date,
      this.shiftsOn(shift.date).map((each) => (each.shiftId === shift.shiftId ? changed : each)),
    );
    this.#publish(changed);
    return true;
  }

  #planDay(day: Day): void {
    if (day.isOpen) {
      this.#chooseOverworked(day);
      for (const post of this.#postsOf(day)) this.#fill(post, day.date);
    }
    const { night } = this.#world.trade.rota;
    if (day.isOpen && day.index % night.everyDays === night.everyDays - 1) this.#fill(night.post, day.date);
  }

  /** For one week somebody takes a shift on each day. */
  #chooseOverworked({ date, index, weekday }: Day): void {
    const monday = mondayOf(date);
    if (weekday !== 1 || this.#overworked.has(monday)) return;
    const days = Array.from({ length: 7 }, (_, ahead) => index + ahead);
    if (!days.some((each) => this.#world.plot.has('weekly-overtime', each))) return;
    const candidates = this.people.filter(
      (person) => person.role === 'back' && days.every((_, ahead) => !this.#isAway(person, plusDays(date, ahead))),
    );
    const chosen = this.#random.pick(candidates);
    if (chosen !== undefined) this.#overworked.set(monday, chosen);
  }

  #postsOf({ date, weekday }: Day): readonly Post[] {
    const { base, extra } = this.#world.trade.rota;
    const posts = base.filter(({ weekdays }) => weekdays === undefined || weekdays.includes(weekday));
    const payable = this.#world.profile.laborCostShare * this.#world.demand.revenueForeseen(date, this.#world.today);
    let left = payable - posts.reduce((sum, post) => sum + this.#costOf(post), 0);
    const added = extra.flatMap(({ keeps, ...place }) => {
      const longest = (place.end - place.begin) / 60;
      const hours = Math.min(longest, Math.round((left / this.#rateOf(place.role)) * 2) / 2);
      if (hours < SHORTEST_EXTRA_HOURS) return [];
      left -= hours * this.#rateOf(place.role);
      const minutes = hours * 60;
      const times = keeps === 'begin' ? { end: place.begin + minutes } : { begin: place.end - minutes };
      return [{ ...place, ...times, breakMinutes: 0 }];
    });
    return [...posts, ...added];
  }

  #rateOf(role: Post['role']): number {
    const rates = this.people.filter((person) => person.role === role).map(({ hourlyRate }) => hourlyRate);
    return rates.reduce((sum, rate) => sum + rate, 0) / Math.max(1, rates.length);
  }

  #costOf(post: Post): number {
    return hoursOf(post) * this.#rateOf(post.role);
  }

  #fill(post: Post, date: LocalDate): void {
    const overworked = this.#overworked.get(mondayOf(date));
    const isFree = overworked?.role === post.role && !this.#worksOn(overworked, date);
    const [rested] = this.#available(post, date, LONGEST_WEEK_HOURS);
    const person = isFree ? overworked : (rested ?? this.#available(post, date, LONGEST_WEEK_IN_NEED_HOURS)[0]);
    if (person === undefined) return;
    const shifts = this.shiftsOn(date);
    const shift: Shift = {
      shiftId: `shift-${date.replaceAll('-', '')}-${shifts.length + 1}`,
      date,
      post,
      person,
      startMs: this.#world.zone.instantOf(date, post.begin),
      endMs: this.#world.zone.instantOf(date, post.begin) + (post.end - post.begin) * MINUTE_MS,
    };
    this.#shifts.set(date, [...shifts, shift]);
    this.#publish(shift);
  }

  /** Who can take that place, those with fewest hours in that week first. */
  #available(post: Post, date: LocalDate, longestWeekHours: number): readonly Person[] {
    return this.people
      .filter((person) => person.role === post.role && !this.#worksOn(person, date) && !this.#isAway(person, date))
      .filter((person) => person !== this.#overworked.get(mondayOf(date)))
      .filter((person) => this.#hoursOf(person, date) + hoursOf(post) <= longestWeekHours)
      .toSorted((one, other) => this.#hoursOf(one, date) - this.#hoursOf(other, date));
  }

  #worksOn(person: Person, date: LocalDate): boolean {
    return this.shiftsOn(date).some((shift) => shift.person === person);
  }

  #hoursOf({ employeeId }: Person, date: LocalDate): number {
    return this.#hours.get(`${employeeId} ${mondayOf(date)}`) ?? 0;
  }

  #publish({ shiftId, date, post, person, startMs, endMs }: Shift): void {
    const week = `${person.employeeId} ${mondayOf(date)}`;
    this.#hours.set(week, (this.#hours.get(week) ?? 0) + hoursOf(post));
    this.#world.publish(ShiftScheduledV1, shiftId, {
      shiftId,
      employeeId: person.employeeId,
      startsAt: new Date(startMs).toISOString(),
      endsAt: new Date(endMs).toISOString(),
      breakMinutes: post.breakMinutes,
      position: person.position,
    });
  }
}

/** Paid hours. */
export function hoursOf({ begin, end, breakMinutes }: Post): number {
  return (end - begin - breakMinutes) / 60;
}

export function mondayOf(date: LocalDate): LocalDate {
  return plusDays(date, 1 - weekdayOf(date));
}
