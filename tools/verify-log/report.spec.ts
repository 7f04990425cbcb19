import { describe, expect, it } from '@jest/globals';
import { documentOf, exitCodeOf, textOf, type Finding } from './report.ts';

const lanes = [{ lane: 0, position: 9, hash: 'ab'.repeat(32), first: 1, events: 9, streams: 2 }];
const intact: Finding = {
  service: 'agent',
  tookMs: 1_250,
  outcome: 'intact',
  verdict: { outcome: 'intact', lanes, signedHeads: { count: 0, proof: 'none', keyIds: [], newest: [] } },
};
const broken: Finding = {
  service: 'health',
  tookMs: 1,
  outcome: 'broken',
  problem: { lane: 0, position: 7, stream: 'demo/item-7', streamVersion: 2, reason: 'it does not fit' },
};
const unknown: Finding = { service: 'recovery', tookMs: 1, outcome: 'unknown', reason: 'There is no log.' };

describe('the report of a verification', () => {
  it.each([
    [[intact], 0],
    [[intact, unknown], 2],
    [[unknown, broken, intact], 1],
  ])('ends with the worst that is known (%#)', (findings, code) => {
    expect(exitCodeOf(findings)).toBe(code);
    expect(documentOf(findings)).toMatchObject({ outcome: ['intact', 'broken', 'unknown'][code] });
  });

  it('names the event that does not fit, and what to do', () => {
    expect(textOf(broken)).toBe(
      'health: BROKEN at lane 0, position 7, stream demo/item-7, version 2: it does not fit.\n' +
        '  Nothing after it is proven. Keep the database as it is; docs/log-format.md says what to do.',
    );
  });

  it('does not pass over that nothing is signed', () => {
    expect(textOf(intact)).toContain('No head is signed');
  });

  it.each([
    [90, '90 s ago'],
    [600, '10 min ago'],
    [10_000, '3 h ago'],
    [864_000, '10 days ago'],
  ])('says how old the newest signature is: %d s', (ageSeconds, text) => {
    const newest = [
      { lane: 0, number: 3, position: 8, hash: '', at: '2026-01-01T12:00:00.000Z', ageSeconds, unsigned: 1 },
    ];
    const signedHeads = { count: 3, proof: 'given keys', keyIds: ['k'], newest } as const;

    const said = textOf({ ...intact, verdict: { outcome: 'intact', lanes, signedHeads } });

    expect(said).toContain(`signed head 3: lane 0 at 8, ${text}`);
    expect(said).toContain('1 events after it');
  });
});
