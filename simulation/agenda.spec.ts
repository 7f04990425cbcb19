import { describe, expect, it } from '@jest/globals';
import { Agenda } from './agenda.ts';
import { Random } from './random.ts';

describe('an agenda', () => {
  it('gives what was entered by time, and of the same time in the order of entry', () => {
    const agenda = new Agenda();
    const random = Random.fromSeed(4);
    const entered: [number, number][] = [];
    const given: [number, number][] = [];
    for (let number = 0; number < 500; number += 1) {
      const atMs = random.between(0, 99);
      entered.push([atMs, number]);
      agenda.add({ atMs, happen: () => given.push([atMs, number]) });
    }

    for (let next = agenda.takeBefore(100); next !== undefined; next = agenda.takeBefore(100)) next.happen();

    expect(given).toEqual(entered.toSorted(([one, first], [other, second]) => one - other || first - second));
  });

  it('keeps what is not due', () => {
    const agenda = new Agenda();
    agenda.add({ atMs: 5, happen: () => undefined });

    expect(agenda.takeBefore(5)).toBeUndefined();
    expect(agenda.takeBefore(6)?.atMs).toBe(5);
    expect(agenda.takeBefore(6)).toBeUndefined();
  });
});
