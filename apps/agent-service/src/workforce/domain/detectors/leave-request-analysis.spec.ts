import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plusDays } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import { asksForLeave, decisionsOf, planned, playHr, registered, settingsOf, wall } from '../../hr-events.contract.ts';

const TOLD = '2026-03-01T08:00:00Z';
const people = (count: number): Happening[] => Array.from({ length: count }, (_, index) => registered(`e${index + 1}`));
const rota = (date: string, ...employeeIds: readonly string[]): Happening[] =>
  employeeIds.map((id) => planned(`s-${date}-${id}`, id, wall(`${date} 09:00`), { toldMs: Date.parse(TOLD) }));
const leave = (
  kind: 'sick' | 'vacation' | 'personal' | 'emergency' = 'vacation',
  startsOn = '2026-03-10',
  endsOn = '2026-03-12',
) => asksForLeave('l1', 'e1', { kind, startsOn, endsOn }, TOLD);
const answers = (happenings: readonly Happening[], hr: object = {}) => {
  const player = playHr(settingsOf(hr));
  player.tell(...happenings);
  return decisionsOf(player, 'leave_request_analysis').map(({ action, subject }) =>
    action.kind === 'answer-leave' ? [subject, action.answer, action.conflicts] : [],
  );
};

describe('a request for leave', () => {
  it.each([
    ['more than the least', ['e2', 'e3', 'e4'], 'approve', []],
    ['the least', ['e2', 'e3'], 'approve', []],
    ['fewer than the least', ['e2'], 'review', ['2026-03-11']],
  ])('that leaves %s', (_, others, answer, conflicts) => {
    expect(answers([...people(4), ...rota('2026-03-11', ...others), leave()])).toEqual([
      ['leave:l1', answer, conflicts],
    ]);
  });

  it('in the way of own shifts is reviewed, and the days are listed', () => {
    const plans = ['2026-03-09', '2026-03-10', '2026-03-12', '2026-03-13'].flatMap((date) =>
      rota(date, 'e1', 'e2', 'e3', 'e4'),
    );
    expect(answers([...people(4), ...plans, leave()])).toEqual([['leave:l1', 'review', ['2026-03-10', '2026-03-12']]]);
  });

  it.each(['sick', 'emergency'] as const)('for being %s is granted, and says which days need somebody else', (kind) => {
    expect(answers([...people(3), ...rota('2026-03-10', 'e1', 'e2'), leave(kind)])).toEqual([
      ['leave:l1', 'approve', ['2026-03-10']],
    ]);
  });

  it('has the least staff of the settings', () => {
    const given = [...people(4), ...rota('2026-03-11', 'e2', 'e3'), leave()];
    expect(answers(given, { minStaffLevel: 3 })).toEqual([['leave:l1', 'review', ['2026-03-11']]]);
  });

  it('does not count others who asked for the same day', () => {
    const other = asksForLeave('l2', 'e2', { kind: 'vacation', startsOn: '2026-03-11', endsOn: '2026-03-11' }, TOLD);
    const given = [...people(4), ...rota('2026-03-11', 'e2', 'e3'), other, leave()];
    expect(answers(given).slice(1)).toEqual([['leave:l1', 'review', ['2026-03-11']]]);
  });

  it('beyond what is planned asks who could work', () => {
    expect(answers([...people(3), leave()])).toEqual([['leave:l1', 'approve', []]]);
    expect(answers([...people(2), leave()])).toEqual([
      ['leave:l1', 'review', ['2026-03-10', '2026-03-11', '2026-03-12']],
    ]);
  });

  it('is answered once, also when it is sent again; other days are another question', () => {
    const given = [...people(4), leave(), leave()];
    expect(answers(given)).toHaveLength(1);
    expect(answers([...given, leave('vacation', '2026-03-10', '2026-03-20')])).toHaveLength(2);
  });

  it('of somebody whom nobody registered is looked at', () => {
    expect(answers([registered('e2'), registered('e3'), leave()])).toEqual([['leave:l1', 'review', []]]);
  });

  it('is explained without its reason or a name', () => {
    const player = playHr();
    player.tell(...people(4), ...rota('2026-03-10', 'e1', 'e2', 'e3'), leave());
    const [decision] = decisionsOf(player, 'leave_request_analysis');
    expect(decision?.reasoning).toBe(
      'e1 asks for leave (vacation) from 2026-03-10 to 2026-03-12. In the way: 2026-03-10. 1 shift of theirs would need somebody else. Look at it before you answer: find others for these days, or agree on other days.',
    );
  });

  it('of any length is answered, with at most a year of days', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -400, max: 400 }), (length, ahead) => {
        const startsOn = plusDays('2026-03-01', ahead);
        const [[, answer, conflicts] = []] = answers([leave('vacation', startsOn, plusDays(startsOn, length))]);
        expect(answer).toBe('review');
        expect(conflicts?.length).toBeLessThanOrEqual(366);
      }),
      { seed: 11, numRuns: 40 },
    );
  });
});
