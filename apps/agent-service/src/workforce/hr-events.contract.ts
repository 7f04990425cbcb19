import type { ClockRecorded, EmployeeRegistered, LeaveRequested, ShiftScheduled } from '#libs/contracts';
import { businessSettingsSchema, type BusinessSettings } from '#libs/business-settings';
import { playAgent, type Happening, type PlayedAgent } from '#libs/testing';
import { HOUR_MS, MINUTE_MS, timeZone } from '#libs/kernel';
import type { WorkforceBook } from './domain/workforce-book.ts';
import { hrAgent } from './hr-agent.ts';

/** Settings of a business in a zone, with other thresholds where a spec wants them. */
export function settingsOf(hr: object = {}, timeZoneName = 'UTC'): BusinessSettings {
  return businessSettingsSchema.parse({
    business: { name: 'Spec', type: 'restaurant', timeZone: timeZoneName, clock: 'simulated' },
    agents: { hr },
  });
}

/** The HR agent at work on one business. */
export function playHr(settings: BusinessSettings = settingsOf()): PlayedAgent<WorkforceBook> {
  return playAgent(hrAgent, settings);
}

/** Milliseconds of `2026-03-02 09:00` by the wall of the zone. */
export function wall(text: string, zone = 'UTC'): number {
  const [date = '', clock = '00:00'] = text.split(' ');
  const [hour = '0', minute = '0'] = clock.split(':');
  return timeZone(zone).instantOf(date, Number(hour) * 60 + Number(minute));
}

const iso = (ms: number): string => new Date(ms).toISOString();

export function registered(
  employeeId: string,
  data: Partial<EmployeeRegistered> = {},
  at = '2026-01-01T08:00:00Z',
): Happening {
  return {
    type: 'steward.workforce.employee-registered.v1',
    data: {
      employeeId,
      name: `Name of ${employeeId}`,
      position: 'cook',
      employment: 'full-time',
      hiredOn: '2025-01-01',
      hourlyRate: { amount: 2_000, currency: 'USD' },
      ...data,
    },
    at,
  };
}

export function clocked(employeeId: string, kind: ClockRecorded['kind'], atMs: number, toldMs = atMs): Happening {
  return { type: 'steward.workforce.clock-recorded.v1', data: { employeeId, kind, at: iso(atMs) }, at: iso(toldMs) };
}

/** Clocks in, and out after so many hours, without a break. */
export function worked(employeeId: string, fromMs: number, hours: number): Happening[] {
  return [clocked(employeeId, 'in', fromMs), clocked(employeeId, 'out', fromMs + hours * HOUR_MS)];
}

export function planned(
  shiftId: string,
  employeeId: string,
  fromMs: number,
  {
    hours = 8,
    breakMinutes = 0,
    toldMs = fromMs - 24 * HOUR_MS,
  }: Readonly<{ hours?: number; breakMinutes?: number; toldMs?: number }> = {},
): Happening {
  const data: ShiftScheduled = {
    ...{ shiftId, employeeId, breakMinutes },
    startsAt: iso(fromMs),
    endsAt: iso(fromMs + hours * HOUR_MS),
  };
  return { type: 'steward.workforce.shift-scheduled.v1', data, at: iso(toldMs) };
}

export function asksForLeave(
  leaveId: string,
  employeeId: string,
  data: Pick<LeaveRequested, 'kind' | 'startsOn' | 'endsOn'>,
  at: string,
): Happening {
  return { type: 'steward.workforce.leave-requested.v1', data: { leaveId, employeeId, ...data }, at };
}

/** A sale; nobody looks at its lines. */
export function sold(
  orderId: string,
  atMs: number,
  amount: number,
  { currency = 'USD', kind = 'sale' }: Readonly<{ currency?: string; kind?: 'sale' | 'return' }> = {},
): Happening {
  return {
    type: 'steward.sales.order-completed.v1',
    data: {
      orderId,
      kind,
      lines: [],
      adjustments: [{ code: 'all', kind: 'other', amount: { amount, currency } }],
      total: { amount, currency },
    },
    at: iso(atMs),
  };
}

/** Happenings in the order of time; those of one time stay as they are. */
export function inOrder(happenings: readonly Happening[]): Happening[] {
  return happenings.toSorted((left, right) => Date.parse(left.at) - Date.parse(right.at));
}

/** Nothing of note; it lets the business's clock go on. */
export function timePasses(atMs: number): Happening {
  return {
    type: 'steward.accounting.transaction-recorded.v1',
    data: {
      transactionId: `tx-${atMs}`,
      kind: 'expense',
      accountId: 'checking',
      amount: { amount: 100, currency: 'USD' },
      description: 'Stamps',
      bookedOn: iso(atMs).slice(0, 10),
    },
    at: iso(atMs),
  };
}

/** Lets time pass in steps, so that each turn of an interval comes. */
export function minuteByMinute(fromMs: number, toMs: number, minutes = 5): Happening[] {
  const steps = Math.floor((toMs - fromMs) / (minutes * MINUTE_MS));
  return Array.from({ length: steps + 1 }, (_, index) => timePasses(fromMs + index * minutes * MINUTE_MS));
}

/** What was decided of one type. */
export function decisionsOf(
  player: PlayedAgent<WorkforceBook>,
  decisionType: string,
): PlayedAgent<WorkforceBook>['decisions'] {
  return player.decisions.filter((decision) => decision.decisionType === decisionType);
}
