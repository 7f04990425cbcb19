import { describe, expect, it } from '@jest/globals';
import type { DeadLetterDetail } from '#libs/messaging';
import { detailLines, itemLines } from './lines.ts';

const item: DeadLetterDetail = {
  deadLetterId: 17,
  state: 'dead',
  consumer: 'health_evt_agent',
  source: 'agent',
  epoch: 2,
  position: 77,
  subject: 'evt.agent.demo.5.item.decision-made.OIL001',
  tenant: 'demo',
  stream: 'demo/item-OIL001',
  code: 'defect',
  reason: 'the shelf\nis broken',
  attempts: 5,
  parkedAt: '2026-11-23T12:00:00.000Z',
  lastAttemptAt: '2026-11-23T12:00:05.000Z',
  nextAttemptAt: null,
  blocks: { waiting: 2, oldest: 18, since: '2026-11-23T12:01:00.000Z' },
  settled: null,
  violations: [{ pointer: '#/data/quantity', detail: 'must be above zero' }],
  announcedAt: '2026-11-23T12:00:06.000Z',
  behind: null,
  message: { headers: { 'Correlation-Id': 'c-1' }, encoding: 'utf-8', body: '{"id":"1"}' },
};

describe('a dead letter on a terminal', () => {
  it('says in the list what it is, why, and what it holds up', () => {
    expect(itemLines('health', item)).toBe(
      [
        'health 17  dead  health_evt_agent  demo/item-OIL001',
        'defect: the shelf is broken (5 attempts, the last at 2026-11-23T12:00:05.000Z)',
        '2 messages of its stream wait behind it, 18 first, since 2026-11-23T12:01:00.000Z.',
        'From agent 77 of epoch 2, tenant demo, put aside at 2026-11-23T12:00:00.000Z.',
      ].join('\n    '),
    );
  });

  it('says when it is tried next, or who gave it up', () => {
    const retrying = { ...item, state: 'retrying' as const, nextAttemptAt: '2026-11-23T12:00:10.000Z' };
    expect(itemLines('health', retrying)).toContain('retrying, next attempt at 2026-11-23T12:00:10.000Z  health_evt');
    const settled = { by: 'key:boss', reason: 'It never existed.', at: '2026-11-23T13:00:00.000Z' };
    expect(itemLines('health', { ...item, state: 'discarded', settled })).toContain(
      'Discarded by key:boss at 2026-11-23T13:00:00.000Z: It never existed.',
    );
  });

  it('is shortened in the list and whole when it is shown', () => {
    const long = { ...item, reason: 'x'.repeat(1_000) };

    expect(itemLines('health', long)).toContain(`${'x'.repeat(159)}… (5 attempts`);
    expect(detailLines('health', long)).toContain(`${'x'.repeat(1_000)} (5 attempts`);
  });

  it('is shown with its violations, what it waits for, its headers and its content', () => {
    const shown = detailLines('health', { ...item, behind: { deadLetterId: 3, state: 'dead' } });

    expect(shown).toContain('#/data/quantity must be above zero');
    expect(shown).toContain('It waits behind 3, which is dead.');
    expect(shown).toContain('On the stream DEAD_LETTERS since 2026-11-23T12:00:06.000Z.');
    expect(shown).toContain('Correlation-Id: c-1');
    expect(shown.endsWith('\n\n{\n  "id": "1"\n}')).toBe(true);
  });

  it('cannot steer the terminal', () => {
    const nasty = '\u001b[2Jgone';
    const message = { headers: { 'X-Sent': nasty }, encoding: 'utf-8' as const, body: `${nasty}\n\tnot JSON` };
    const shown = detailLines('health', { ...item, reason: nasty, subject: nasty, message });

    expect(shown).not.toContain('\u001b');
    expect(shown.endsWith('\uFFFD[2Jgone\n\tnot JSON')).toBe(true);
  });

  it('is shown as base64 when it is no text', () => {
    const message = { headers: {}, encoding: 'base64' as const, body: 'Iv8i' };

    expect(detailLines('health', { ...item, message }).endsWith('(no text; base64) Iv8i')).toBe(true);
  });
});
