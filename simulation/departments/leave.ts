import { LeaveRequestedV1 } from '#libs/contracts';
import type { LeaveRequested } from '#libs/contracts';
import { DAY_MS, plusDays, type LocalDate } from '#libs/kernel';
import type { LabelKind } from '../label.ts';
import type { Random } from '../random.ts';
import type { Person } from '../trades/trade.ts';
import type { Day, World } from '../world.ts';
import type { Rota } from './rota.ts';

const VACATION_CHANCE = 0.07;
const SICK_CHANCE = 0.03;
const LONGEST_VACATION_DAYS = 4;
/** Beyond what the rota has planned, so that nothing must be changed for it. */
const ASKED_AHEAD_DAYS = 12;
const ASKED_AT = 12 * 60;
const FELL_ILL_AT = 7 * 60;
const CONFLICT_BEGINS_DAYS = 2;
const CONFLICT_ENDS_DAYS = 6;

type Away = Readonly<{ person: Person; startsOn: LocalDate; endsOn: LocalDate }>;

/** People ask for days off: early enough, when they fall ill, and now and then when they are needed. */
export class Leave {
  readonly #world: World;
  readonly #random: Random;
  #away: readonly Away[] = [];
  #requests = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random('leave');
  }

  readonly isAway = (person: Person, date: LocalDate): boolean =>
    this.#away.some((leave) => leave.person === person && leave.startsOn <= date && date <= leave.endsOn);

  plan(day: Day, rota: Rota): void {
    this.#away = this.#away.filter(({ endsOn }) => endsOn >= plusDays(day.date, -1));
    if (!day.isOpen) return;
    this.#world.at(day.date, FELL_ILL_AT, () => {
      this.#fallIll(day, rota);
    });
    this.#world.at(day.date, ASKED_AT, () => {
      this.#askForVacation(day, rota);
    });
    this.#world.at(day.date, ASKED_AT + 20, () => {
      if (this.#world.plot.has('leave-conflict', day.index)) this.#askWhenNeeded(day, rota);
    });
  }

  /** Beyond what is planned already, and nobody else of the same work is away then. */
  #askForVacation({ date }: Day, rota: Rota): void {
    if (!this.#random.chance(VACATION_CHANCE)) return;
    const person = this.#random.pick(rota.people.filter(({ role }) => role !== 'night'));
    const startsOn = plusDays(date, ASKED_AHEAD_DAYS + this.#random.between(0, 10));
    const endsOn = plusDays(startsOn, this.#random.between(0, LONGEST_VACATION_DAYS - 1));
    if (person === undefined || this.#isSomebodyAway(person, startsOn, endsOn)) return;
    this.#away = [...this.#away, { person, startsOn, endsOn }];
    this.#request(person, { kind: 'vacation', startsOn, endsOn, reason: 'family visit' }, 'leave-request');
  }

  /** Only when somebody can come instead: a shift that nobody takes is another story. */
  #fallIll({ date }: Day, rota: Rota): void {
    if (!this.#random.chance(SICK_CHANCE)) return;
    const shift = this.#random.pick(rota.shiftsOn(date).filter(({ person }) => person.role !== 'night'));
    if (shift === undefined) return;
    const { person } = shift;
    if (rota.overworkedIn(date) === person || !rota.handOver(shift)) return;
    this.#away = [...this.#away, { person, startsOn: date, endsOn: date }];
    this.#request(person, { kind: 'sick', startsOn: date, endsOn: date }, 'leave-request');
  }

  /** Who is on the rota most in the next days wants them off. The owner says no, and everybody comes as planned. */
  #askWhenNeeded({ date }: Day, rota: Rota): void {
    const days = Array.from({ length: CONFLICT_ENDS_DAYS - CONFLICT_BEGINS_DAYS + 1 }, (_, index) =>
      plusDays(date, CONFLICT_BEGINS_DAYS + index),
    );
    const shiftsOf = (person: Person): number =>
      days.filter((day) => rota.shiftsOn(day).some((shift) => shift.person === person)).length;
    const [busiest] = rota.people.toSorted((one, other) => shiftsOf(other) - shiftsOf(one));
    const [startsOn] = days;
    const endsOn = days.at(-1);
    if (busiest === undefined || startsOn === undefined || endsOn === undefined) return;
    this.#request(busiest, { kind: 'personal', startsOn, endsOn, reason: 'moving house' }, 'leave-conflict');
  }

  #isSomebodyAway({ role }: Person, startsOn: LocalDate, endsOn: LocalDate): boolean {
    const overlapping = this.#away.filter((leave) => leave.startsOn <= endsOn && leave.endsOn >= startsOn);
    return overlapping.some(({ person }) => person.role === role) || overlapping.length > 1;
  }

  #request(
    { employeeId }: Person,
    wish: Pick<LeaveRequested, 'kind' | 'startsOn' | 'endsOn' | 'reason'>,
    kind: Extract<LabelKind, 'leave-request' | 'leave-conflict'>,
  ): void {
    this.#requests += 1;
    const leaveId = `leave-${this.#requests}`;
    const { nowMs } = this.#world;
    this.#world.label({
      class: 'situation',
      kind,
      subjectRef: `leave:${leaveId}`,
      decisionTypes: ['leave_request_analysis'],
      atMs: nowMs,
      untilMs: nowMs + DAY_MS,
    });
    this.#world.publish(LeaveRequestedV1, leaveId, { leaveId, employeeId, ...wish });
  }
}
