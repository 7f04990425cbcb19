import { timeZone, type LocalMoment } from '#libs/kernel';
import { confidenceFrom, NOTHING, type Detection, type Detector, type FactLook, type Finding } from '#libs/agent-kit';
import { shiftBegunAround, tellsOfHabits } from '../planned-shifts.ts';
import { clockText, percentText } from '../wording.ts';
import type { EmployeeFile, WorkforceBook } from '../workforce-book.ts';

/** Before this hour hardly anybody begins, unless they are used to it or planned. */
const NIGHT_ENDS_AT_HOUR = 5;
/** With fewer arrivals nothing is known of habits. */
const LEAST_ARRIVALS = { person: 5, business: 20 } as const;
/** Practically never: a smaller share of arrivals within an hour of that time. At night, others tell less of a person. */
const RARE_SHARE = { person: 0.05, business: 0.02, businessAtNight: 0.05 } as const;
/** Or no more than so many: what was odd twice is no habit yet. */
const FEW_ARRIVALS = 2;

type Habit = Readonly<{ share: number; arrivals: number; isKnown: boolean; isRare: boolean }>;

/**
 * Somebody clocks in when neither they nor anybody else practically ever does, or at night, and no shift is planned. Who is
 * used to the night, or planned for it, is left alone.
 */
export const unusualTimeRecord: Detector<WorkforceBook> = {
  id: 'unusual-time-record',
  decisionType: 'unusual_time_record',
  kind: 'occurrence',
  onFact: { types: ['steward.workforce.clock-recorded.v1'], look },
};

function look({ book, settings, fact }: FactLook<WorkforceBook>): Detection {
  if (fact.type !== 'steward.workforce.clock-recorded.v1' || fact.data.kind !== 'in') return NOTHING;
  const { employeeId, at } = fact.data;
  const atMs = Date.parse(at);
  const zone = timeZone(settings.business.timeZone);
  const file = book.employees.get(employeeId);
  if (!file || !beganWork(file, atMs, fact.position) || shiftBegunAround(book, employeeId, atMs, zone)) return NOTHING;
  const local = zone.at(atMs);
  const isNight = local.hour < NIGHT_ENDS_AT_HOUR;
  const itself = tellsOfHabits(book, employeeId, atMs, zone) ? 1 : 0;
  const person = habitAt(file.arrivals, local.hour, {
    itself,
    least: LEAST_ARRIVALS.person,
    rareShare: RARE_SHARE.person,
  });
  const business = habitAt(book.arrivals, local.hour, {
    itself,
    least: LEAST_ARRIVALS.business,
    rareShare: isNight ? RARE_SHARE.businessAtNight : RARE_SHARE.business,
  });
  if (!isUnusual(isNight, person, business)) return NOTHING;
  return { looked: [], findings: [finding({ employeeId, at, local, person, business, position: fact.position })] };
}

/** Not a second record of the same arrival, nor one that only repeats that somebody is there. */
function beganWork({ records, recent }: EmployeeFile, atMs: number, position: number): boolean {
  return (
    records.some((one) => one.atMs === atMs && one.position === position) &&
    recent.some(({ startedMs }) => startedMs === atMs)
  );
}

function isUnusual(isNight: boolean, person: Habit, business: Habit): boolean {
  return person.isRare && business.isRare && (isNight || (person.isKnown && business.isKnown));
}

/** How often somebody came within an hour of that time before; the arrival at hand may be among the counts and is left out. */
function habitAt(
  arrivals: readonly number[],
  hour: number,
  { itself, least, rareShare }: Readonly<{ itself: 0 | 1; least: number; rareShare: number }>,
): Habit {
  const all = arrivals.reduce((sum, count) => sum + count, 0) - itself;
  const near = [hour + 23, hour, hour + 1].reduce((sum, one) => sum + (arrivals[one % 24] ?? 0), 0) - itself;
  const share = all > 0 ? Math.max(0, near) / all : 0;
  return { share, arrivals: all, isKnown: all >= least, isRare: near <= FEW_ARRIVALS || share < rareShare };
}

function finding(
  seen: Readonly<{
    employeeId: string;
    at: string;
    local: LocalMoment;
    person: Habit;
    business: Habit;
    position: number;
  }>,
): Finding {
  const { employeeId, at, local, person, business, position } = seen;
  const isNight = local.hour < NIGHT_ENDS_AT_HOUR;
  const habits = person.isKnown
    ? `${percentText(person.share)} of their ${Math.round(person.arrivals)} arrivals so far, and ${percentText(business.share)} of everybody’s, were within an hour of that time`
    : 'there are too few earlier records to know their habits';
  return {
    subject: `employee:${employeeId}`,
    state: isNight ? 'at-night' : 'unusual-hour',
    grade: isNight ? 3 : 2,
    evidence: {
      figures: [
        { name: 'clocked in at', value: `${local.date} ${clockText(local)}` },
        { name: 'arrivals known of this person', value: Math.round(person.arrivals) },
        { name: 'share of them near that hour', value: person.share },
        { name: 'share of everybody’s near that hour', value: business.share },
      ],
      positions: [position],
    },
    byRules: () => ({
      action: { kind: 'review-clock-record', employeeId, recordedAt: at, concern: 'unusual-hour' },
      ...confidenceFrom([
        { factor: 'no shift is planned', weight: 0.3, value: 0.9 },
        { factor: 'at night', weight: 0.3, value: isNight ? 1 : 0.5 },
        { factor: 'rarity of the hour', weight: 0.2, value: 0.95 - person.share / RARE_SHARE.person },
        { factor: 'records to compare with', weight: 0.2, value: business.arrivals / (LEAST_ARRIVALS.business * 5) },
      ]),
      reasoning: `${employeeId} clocked in at ${clockText(local)} on ${local.date}, with no shift planned within 2 hours; ${habits}. Ask whether the record is right before it is paid.`,
    }),
  };
}
