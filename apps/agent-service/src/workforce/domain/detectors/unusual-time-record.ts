import { timeZone, type LocalMoment } from '#libs/kernel';
import { confidenceFrom, NOTHING, type Detection, type Detector, type FactLook, type Finding } from '#libs/agent-kit';
import { shiftBegunAround } from '../planned-shifts.ts';
import { clockText, percentText } from '../wording.ts';
import type { WorkforceBook } from '../workforce-book.ts';

/** Before this hour hardly anybody begins, unless they are used to it or planned. */
const NIGHT_ENDS_AT_HOUR = 5;
/** With fewer arrivals nothing is known of habits. */
const LEAST_ARRIVALS = { person: 5, business: 20 } as const;
/** Practically never: a smaller share of arrivals within an hour of that time. */
const RARE_SHARE = { person: 0.05, business: 0.02 } as const;

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
  const file = book.employees.get(employeeId);
  const isNews = file?.records.some((one) => one.atMs === atMs && one.position === fact.position) ?? false;
  const beganWork = file?.recent.some(({ startedMs }) => startedMs === atMs) ?? false;
  if (!file || !isNews || !beganWork) return NOTHING;
  const zone = timeZone(settings.business.timeZone);
  if (shiftBegunAround(book, employeeId, atMs, zone)) return NOTHING;
  const local = zone.at(atMs);
  const person = habitAt(file.arrivals, local.hour, 'person');
  const business = habitAt(book.arrivals, local.hour, 'business');
  if (!isUnusual(local, person, business)) return NOTHING;
  return { looked: [], findings: [finding({ employeeId, at, local, person, business, position: fact.position })] };
}

function isUnusual({ hour }: LocalMoment, person: Habit, business: Habit): boolean {
  const isRare = person.isRare && business.isRare;
  return isRare && (hour < NIGHT_ENDS_AT_HOUR || (person.isKnown && business.isKnown));
}

/** How often somebody came within an hour of that time before. The arrival at hand is among the counts and is left out. */
function habitAt(arrivals: readonly number[], hour: number, whose: 'person' | 'business'): Habit {
  const all = arrivals.reduce((sum, count) => sum + count, 0) - 1;
  const near = [hour + 23, hour, hour + 1].reduce((sum, one) => sum + (arrivals[one % 24] ?? 0), 0) - 1;
  const share = all > 0 ? Math.max(0, near) / all : 0;
  return { share, arrivals: all, isKnown: all >= LEAST_ARRIVALS[whose], isRare: share < RARE_SHARE[whose] };
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
        { factor: 'no shift is planned', weight: 0.3, value: 1 },
        { factor: 'at night', weight: 0.3, value: isNight ? 1 : 0.5 },
        { factor: 'rarity of the hour', weight: 0.2, value: 1 - person.share / RARE_SHARE.person },
        { factor: 'records to compare with', weight: 0.2, value: business.arrivals / (LEAST_ARRIVALS.business * 5) },
      ]),
      reasoning: `${employeeId} clocked in at ${clockText(local)} on ${local.date}, with no shift planned within 2 hours; ${habits}. Ask whether the record is right before it is paid.`,
    }),
  };
}
