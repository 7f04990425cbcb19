import { plusDays, type LocalDate } from '#libs/kernel';
import { confidenceFrom, NOTHING, type Detection, type Detector, type FactLook, type Judgement } from '#libs/agent-kit';
import { plannedOn } from '../planned-shifts.ts';
import { countText } from '../wording.ts';
import type { LeaveEntry, WorkforceBook } from '../workforce-book.ts';

/** The contract of the action holds no more. */
const MOST_DAYS = 366;
const NAMED_DAYS = 10;

type LeaveDay = Readonly<{
  day: LocalDate;
  /** Shifts of the person who asks. */
  ownShifts: number;
  /** Others who are planned; or who could be, while nothing is planned for that day or later. */
  others: number;
  isPlanned: boolean;
  isConflict: boolean;
  positions: readonly number[];
}>;

type Request = Readonly<{
  leave: LeaveEntry;
  days: readonly LeaveDay[];
  conflicts: readonly LeaveDay[];
  isKnown: boolean;
  least: number;
}>;

/**
 * Somebody asks for leave: illness and emergencies are granted, anything else unless too few would be left on one of the days
 * or the person is planned already. Once for each request, also when it is sent again.
 */
export const leaveRequestAnalysis: Detector<WorkforceBook> = {
  id: 'leave-request-analysis',
  decisionType: 'leave_request_analysis',
  kind: 'occurrence',
  onFact: { types: ['steward.workforce.leave-requested.v1'], look },
};

function look({ book, settings, fact, local }: FactLook<WorkforceBook>): Detection {
  if (fact.type !== 'steward.workforce.leave-requested.v1') return NOTHING;
  const leave = book.leave.get(fact.data.leaveId);
  if (leave?.position !== fact.position) return NOTHING;
  const least = settings.agents.hr.minStaffLevel;
  const days = daysOf(leave, local.date).map((day) => leaveDay(book, leave, day, least));
  const conflicts = days.filter(({ isConflict }) => isConflict);
  const isKnown = book.employees.get(leave.employeeId)?.status !== undefined;
  const request: Request = { leave, days, conflicts, isKnown, least };
  const { answer } = answerTo(request);
  const planned = days.flatMap(({ positions }) => positions).slice(0, 10);
  return {
    looked: [],
    findings: [
      {
        subject: `leave:${leave.leaveId}`,
        state: answer === 'approve' ? 'can be granted' : 'needs a look',
        grade: answer === 'approve' ? 1 : 2,
        evidence: {
          figures: [
            { name: 'kind', value: leave.kind },
            { name: 'from', value: leave.startsOn },
            { name: 'to', value: leave.endsOn },
            { name: 'days in conflict', value: conflicts.length },
            { name: 'own shifts on these days', value: days.reduce((sum, { ownShifts }) => sum + ownShifts, 0) },
            { name: 'fewest others on a day', value: Math.min(...days.map(({ others }) => others)) },
            { name: 'least people at work', value: least },
          ],
          positions: [...new Set([...planned, fact.position])].sort((left, right) => left - right),
        },
        byRules: () => judgementOf(request),
      },
    ],
  };
}

/** Days that are over need nobody; a request for those alone keeps its first day. */
function daysOf({ startsOn, endsOn }: LeaveEntry, today: LocalDate): readonly LocalDate[] {
  const days: LocalDate[] = [];
  for (
    let day = startsOn > today ? startsOn : today;
    day <= endsOn && days.length < MOST_DAYS;
    day = plusDays(day, 1)
  ) {
    days.push(day);
  }
  return days.length > 0 ? days : [startsOn];
}

function leaveDay(book: Readonly<WorkforceBook>, leave: LeaveEntry, day: LocalDate, least: number): LeaveDay {
  const shifts = plannedOn(book, day);
  const own = shifts.filter(({ employeeId }) => employeeId === leave.employeeId);
  const isAway = awayOn(book, leave, day);
  const planned = new Set(
    shifts.map(({ employeeId }) => employeeId).filter((id) => id !== leave.employeeId && !isAway(id)),
  );
  if (shifts.length > 0) {
    const isConflict = own.length > 0 || planned.size < least;
    return {
      ...{ day, ownShifts: own.length, others: planned.size, isPlanned: true, isConflict },
      positions: own.map(({ position }) => position),
    };
  }
  const others = [...book.employees.values()].filter(
    ({ employeeId, status }) => status === 'active' && employeeId !== leave.employeeId && !isAway(employeeId),
  ).length;
  const isClosed = [...book.planned].some(([later, plans]) => later > day && plans.size > 0);
  return { day, ownShifts: 0, others, isPlanned: false, isConflict: !isClosed && others < least, positions: [] };
}

/** Whether somebody else has asked for that day. */
function awayOn(
  book: Readonly<WorkforceBook>,
  { leaveId }: LeaveEntry,
  day: LocalDate,
): (employeeId: string) => boolean {
  const away = [...book.leave.values()].filter(
    (other) => other.leaveId !== leaveId && other.startsOn <= day && day <= other.endsOn,
  );
  const ids = new Set(away.map(({ employeeId }) => employeeId));
  return (employeeId) => ids.has(employeeId);
}

function answerTo({
  leave,
  conflicts,
  isKnown,
}: Request): Readonly<{ answer: 'approve' | 'review'; isUrgent: boolean }> {
  const isUrgent = leave.kind === 'sick' || leave.kind === 'emergency';
  return { answer: isUrgent || (isKnown && conflicts.length === 0) ? 'approve' : 'review', isUrgent };
}

function judgementOf(request: Request): Judgement {
  const { leave, days, conflicts, isKnown } = request;
  const { answer, isUrgent } = answerTo(request);
  const plannedShare = days.filter(({ isPlanned }) => isPlanned).length / days.length;
  return {
    action: {
      kind: 'answer-leave',
      leaveId: leave.leaveId,
      employeeId: leave.employeeId,
      answer,
      conflicts: conflicts.map(({ day }) => day),
    },
    ...confidenceFrom([
      { factor: 'the rule leaves no choice', weight: 0.4, value: isUrgent || conflicts.length > 0 ? 1 : 0.7 },
      { factor: 'days that are planned already', weight: 0.4, value: 0.5 + plannedShare / 2 },
      { factor: 'the person is registered', weight: 0.2, value: isKnown ? 1 : 0 },
    ]),
    reasoning: reasonFor(request, { answer, isUrgent }),
  };
}

function reasonFor(request: Request, { answer, isUrgent }: ReturnType<typeof answerTo>): string {
  const { leave, conflicts, isKnown } = request;
  const span = leave.startsOn === leave.endsOn ? `on ${leave.startsOn}` : `from ${leave.startsOn} to ${leave.endsOn}`;
  return [
    `${leave.employeeId} asks for leave (${leave.kind}) ${span}.`,
    ...(isKnown ? [] : ['Nobody of that id is registered.']),
    conflicts.length === 0 ? freeText(request) : conflictText(request),
    answer === 'approve'
      ? `Grant it${isUrgent && conflicts.length > 0 ? ', and find others for these days' : ''}.`
      : 'Look at it before you answer: find others for these days, or agree on other days.',
  ].join(' ');
}

function freeText({ days }: Request): string {
  const fewest = Math.min(...days.map(({ others }) => others));
  return days.some(({ isPlanned }) => isPlanned)
    ? `None of their shifts falls into it, and at least ${fewest} others are there on each day.`
    : `Nothing is planned for that time yet, and ${fewest} others could work.`;
}

function conflictText({ conflicts, least }: Request): string {
  const named = conflicts.slice(0, NAMED_DAYS).map(({ day }) => day);
  const more = conflicts.length > NAMED_DAYS ? ` and ${countText(conflicts.length - NAMED_DAYS, 'more day')}` : '';
  const ownShifts = conflicts.reduce((sum, one) => sum + one.ownShifts, 0);
  const tooFew = conflicts.filter(({ others }) => others < least);
  const weakest = Math.min(...tooFew.map(({ others }) => others));
  return [
    `In the way: ${named.join(', ')}${more}.`,
    ...(ownShifts > 0 ? [`${countText(ownShifts, 'shift')} of theirs would need somebody else.`] : []),
    ...(tooFew.length > 0
      ? [
          `On ${countText(tooFew.length, 'day')} as few as ${weakest} others would be left, where ${least} are the least.`,
        ]
      : []),
  ].join(' ');
}
