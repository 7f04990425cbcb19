import { describe, expect, it } from '@jest/globals';
import { position } from '#libs/event-store';
import { inboxVerdict } from './inbox.ts';

describe('the inbox', () => {
  it.each([
    { name: 'applies the successor', applied: 10, previous: 10, at: 14, verdict: 'apply' },
    { name: 'applies the first message of a log', applied: 0, previous: 0, at: 3, verdict: 'apply' },
    { name: 'knows a repeat', applied: 10, previous: 7, at: 10, verdict: 'duplicate' },
    { name: 'knows an old repeat', applied: 10, previous: 1, at: 2, verdict: 'duplicate' },
    { name: 'holds a message whose predecessor is missing', applied: 10, previous: 14, at: 15, verdict: 'gap' },
    {
      name: 'goes on over a gap that it skipped as a dead letter',
      applied: 14,
      previous: 10,
      at: 16,
      verdict: 'apply',
    },
  ])('$name', ({ applied, previous, at, verdict }) => {
    expect(inboxVerdict(position(applied), position(previous), position(at))).toBe(verdict);
  });
});
