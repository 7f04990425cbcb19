import { describe, expect, it } from '@jest/globals';
import { position } from '#libs/event-store';
import { comparisonLines, progressText } from './report.ts';

describe('the report of a rebuild', () => {
  it('shows how far it is, how fast, and how long it will take', () => {
    const text = progressText({
      phase: 'folding',
      done: 250,
      total: 1_000,
      eventsPerSecond: 31_234.6,
      remainingMs: 240,
    });
    expect(text).toBe('[######------------------] 25 %  250 of 1,000  31,235 events/s  1 s left');
  });

  it('is complete for an empty log', () => {
    expect(progressText({ phase: 'folding', done: 0, total: 0, eventsPerSecond: 0, remainingMs: undefined })).toContain(
      '100 %',
    );
  });

  it('names differences with what was and what is', () => {
    const lines = comparisonLines({
      outcome: 'compared',
      position: position(10),
      oldRows: 3,
      newRows: 3,
      missing: 0,
      extra: 0,
      differing: 1,
      oneIn: 1,
      columnsOfOneSide: ['unit'],
      examples: [{ key: { sku: 'A' }, old: { on_hand: 1 }, new: { on_hand: 2 } }],
    });
    expect(lines).toEqual([
      'Old and new rows at position 10: 0 rows missing, 0 more, 1 differing (3 before, 3 now).',
      '  columns that only one side has are left out: unit',
      '  {"sku":"A"}',
      '    old {"on_hand":1}',
      '    new {"on_hand":2}',
    ]);
  });
});
