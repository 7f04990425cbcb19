import { describe, expect, it } from '@jest/globals';
import { isMet, markdown, type Goal } from './report.ts';

const goal = (wanted: Goal['wanted'], found: number | undefined): Goal => ({ name: 'rate', wanted, found });

describe('a wanted figure', () => {
  it.each<{ wanted: Goal['wanted']; found: number | undefined; met: boolean | undefined }>([
    { wanted: { atLeast: 5 }, found: 5, met: true },
    { wanted: { atLeast: 5 }, found: 4.999, met: false },
    { wanted: { atMost: 1.5 }, found: 1.5, met: true },
    { wanted: { atMost: 1.5 }, found: 1.501, met: false },
    { wanted: { atLeast: 5 }, found: undefined, met: undefined },
    { wanted: undefined, found: 5, met: undefined },
  ])('of $wanted, found $found, is met: $met', ({ wanted, found, met }) => {
    expect(isMet(goal(wanted, found))).toBe(met);
  });

  it('is shown with what was found, whether it falls short or was not measured', () => {
    const text = markdown({
      topic: 'append',
      title: 'one event a call',
      rows: [],
      goals: [goal({ atLeast: 30_000 }, 8_339.4), goal({ atMost: 1.5 }, 1.25), goal({ atLeast: 5 }, undefined)],
    });

    expect(text).toContain('| rate | >= 30,000 | 8,339 | NO |');
    expect(text).toContain('| rate | <= 1.5 | 1.25 | yes |');
    expect(text).toContain('| rate | >= 5 | not measured |  |');
  });
});

describe('a report', () => {
  it('has a line for each row, with its ratios in columns of their own', () => {
    const figures = {
      eventsPerSecond: { median: 12_345.6, min: 9_000, max: 20_000 },
      p50Ms: 1.234,
      p99Ms: 56.78,
      nodeMicrosecondsPerEvent: 11,
      postgresMicrosecondsPerEvent: undefined,
    };
    const text = markdown({
      topic: 'append',
      title: 'one event a call',
      rows: [
        { name: 'ours', callers: 32, eventsPerCall: 1, figures, beside: { 'x Emmett': 6.5 } },
        { name: 'raw', callers: 1, eventsPerCall: 256, figures },
      ],
      notes: ['Nothing was left out.'],
    });

    expect(text.split('\n')).toEqual([
      '## append: one event a call',
      '',
      '| what | callers | events/s | min..max | p50 ms | p99 ms | Node µs/event | x Emmett |',
      '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
      '| ours | 32 | 12,346 | 9,000..20,000 | 1.23 | 56.8 | 11 | 6.50 |',
      '| raw | 1 | 12,346 | 9,000..20,000 | 1.23 | 56.8 | 11 |  |',
      '',
      '- Nothing was left out.',
    ]);
  });
});
