import { describe, expect, it } from '@jest/globals';
import type { RebuildReport } from '#libs/event-store';
import { rebuildLog } from './rebuild-log.ts';

const report = (phase: RebuildReport['phase'], done: number): RebuildReport => ({
  projection: 'agent.stock-levels',
  version: 2,
  phase,
  done,
  total: 1_000,
  eventsPerSecond: 30_000,
  remainingMs: undefined,
});

describe('the log of a rebuild', () => {
  it('says each ten percent and each phase once, and the lag always', () => {
    const lines: object[] = [];
    const lags: number[] = [];
    const tell = rebuildLog({ info: (fields) => lines.push(fields) }, (lag) => lags.push(lag));

    for (const done of [10, 20, 90, 110, 150, 1_000]) tell(report('folding', done));
    tell(report('switching', 1_000));

    expect(lines).toMatchObject([
      { phase: 'folding', percent: 1 },
      { phase: 'folding', percent: 11 },
      { phase: 'folding', percent: 100 },
      { phase: 'switching', percent: 100 },
    ]);
    expect(lags).toEqual([990, 980, 910, 890, 850, 0, 0]);
  });
});
