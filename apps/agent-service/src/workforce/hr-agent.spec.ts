import { describe, expect, it } from '@jest/globals';
import { decisionActionSchema, decisionSchema } from '#libs/contracts';
import { plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import { hrAgent } from './hr-agent.ts';
import {
  asksForLeave,
  clocked,
  inOrder,
  minuteByMinute,
  planned,
  playHr,
  registered,
  settingsOf,
  sold,
  timePasses,
  wall,
  worked,
} from './hr-events.contract.ts';

const DAYS = 35;
const dates = Array.from({ length: DAYS }, (_, day) => plusDays('2026-03-02', day));
const month: Happening[] = dates.flatMap((date, day) => [
  planned(`a${day}`, 'e1', wall(`${date} 09:00`), { hours: 6 }),
  planned(`b${day}`, 'e2', wall(`${date} 12:00`), { hours: 6 }),
  ...worked('e1', wall(`${date} 09:00`), day === 28 ? 10 : 6),
  ...(day === 30 ? [] : worked('e2', wall(`${date} 12:00`), 6)),
  ...Array.from({ length: 20 }, (__, sale) =>
    sold(`o${day}-${sale}`, wall(`${date} 10:00`) + sale * 600_000, day < 25 ? 4_000 : 2_500),
  ),
]);
const odd = [
  registered('e1', {}, '2026-03-01T08:00:00Z'),
  registered('e2', {}, '2026-03-01T08:00:00Z'),
  clocked('e2', 'in', wall('2026-03-29 02:30')),
  clocked('e2', 'out', wall('2026-03-29 03:30')),
  asksForLeave('l1', 'e1', { kind: 'vacation', startsOn: '2026-04-02', endsOn: '2026-04-03' }, '2026-03-30T15:00:00Z'),
  planned('x', 'e1', wall('2026-04-07 09:00'), { hours: 1, toldMs: wall('2026-04-05 12:00') }),
  ...minuteByMinute(wall('2026-04-01 12:00'), wall('2026-04-01 16:00')),
  timePasses(wall('2026-04-06 12:00')),
];
const lived = (happenings: readonly Happening[] = inOrder([...month, ...odd]), hr: object = {}) => {
  const player = playHr(settingsOf({ weeklyOvertimeThreshold: 42, maxLaborCostPercentage: 0.4, ...hr }));
  player.tell(...happenings);
  return player;
};

describe('the HR agent', () => {
  it('decides by each of its detectors when people clock in, are planned and ask for leave (fault 18: it never had data)', () => {
    const types = new Set(lived().decisions.map(({ decisionType }) => decisionType));
    expect(types).toEqual(new Set(hrAgent.detectors.map(({ decisionType }) => decisionType)));
  });

  it('takes each turn of its schedules without failing, and decides thereby (fault 17: each turn failed on missing methods)', () => {
    const scheduled = hrAgent.detectors.filter(({ onSchedule }) => onSchedule);
    const player = lived();
    expect(Object.keys(player.assessor.progress.turns).toSorted()).toEqual(scheduled.map(({ id }) => id).toSorted());
    expect(player.decisions.some(({ decisionType }) => decisionType === 'daily_labor_analysis')).toBe(true);
  });

  it('makes decisions that its contracts allow, with what they rest on', () => {
    for (const { action, confidence, confidenceBasis, reasoning, positions, ...decision } of lived().decisions) {
      expect(decisionActionSchema.safeParse(action)).toMatchObject({ success: true });
      expect(decisionSchema.shape.confidenceBasis.safeParse(confidenceBasis)).toMatchObject({ success: true });
      expect(confidence).toBeGreaterThan(0.3);
      expect(reasoning.length).toBeGreaterThan(40);
      expect([...positions]).toEqual([...positions].toSorted((left, right) => left - right));
      expect(JSON.stringify({ action, reasoning, ...decision })).not.toMatch(/Name of|NaN|undefined|Infinity/);
    }
  });

  it('decides the same, and nothing twice, whenever it is told the same', () => {
    const once = lived().decisions.map(({ decisionType, subject, state, at }) =>
      [decisionType, subject, state, at].join(' '),
    );
    expect(
      lived().decisions.map(({ decisionType, subject, state, at }) => [decisionType, subject, state, at].join(' ')),
    ).toEqual(once);
    expect(new Set(once).size).toBe(once.length);
  });

  it('goes by the daily and the weekly threshold as different things (fault 20: one key meant both)', () => {
    const count = (type: string, hr: object) =>
      lived(undefined, hr).decisions.filter(({ decisionType }) => decisionType === type).length;
    expect(count('potential_overtime', { overtimeThreshold: 11 })).toBe(0);
    expect(count('potential_overtime', { weeklyOvertimeThreshold: 168 })).toBe(1);
    expect(count('overtime_analysis', { weeklyOvertimeThreshold: 168, maxOvertimePercentage: 1 })).toBe(0);
  });

  it('is silent when it is turned off', () => {
    expect(lived(undefined, { enabled: false }).decisions).toEqual([]);
  });
});
