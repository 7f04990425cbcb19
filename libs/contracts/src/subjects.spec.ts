import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { slotOf } from './index.ts';
import { fromSubjectToken, subjectToken } from './subject-tokens.ts';
import {
  alertSubject,
  businessSubject,
  deadLetterSubject,
  eventFilter,
  eventSubject,
  heartbeatSubject,
  parseBusinessSubject,
  querySubject,
  STREAM_SUBJECTS,
  STREAMS,
} from './subjects.ts';

const runs = { seed: 20_261_122, numRuns: 500 };

describe('a token of a subject', () => {
  it.each([
    ['VEG001', 'VEG001'],
    ['a.b', 'a%2Eb'],
    ['a*b>c', 'a%2Ab%3Ec'],
    ['two words', 'two%20words'],
    ['100%', '100%25'],
    ['Café', 'Caf%C3%A9'],
    ['line\nbreak', 'line%0Abreak'],
    ['', '-'],
    ['-', '%2D'],
    ['a-b', 'a-b'],
  ])('writes %p as %p', (text, token) => {
    expect(subjectToken(text)).toBe(token);
    expect(fromSubjectToken(token)).toBe(text);
  });

  it('gives back every text, and never what NATS would read as more than one token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const token = subjectToken(text);
        return /^[!-~]+$/.test(token) && !/[.*>]/.test(token) && fromSubjectToken(token) === text;
      }),
      runs,
    );
  });

  it.each(['a b', '%zz', '%2d', 'a.b', '%41', ''])('does not read %p, which it cannot have written', (token) => {
    expect(fromSubjectToken(token)).toBeUndefined();
  });
});

describe('subjects', () => {
  it('keep the dots of a business type', () => {
    const subject = businessSubject('demo', 'steward.inventory.stock-moved.v1');

    expect(subject).toBe('business.demo.steward.inventory.stock-moved.v1');
    expect(parseBusinessSubject(subject)).toEqual({ tenant: 'demo', type: 'steward.inventory.stock-moved.v1' });
  });

  it.each([
    'business.demo',
    'business',
    'evt.demo.a',
    'business.NOT%20A%20TENANT.a',
    'business.demo.%zz',
    'business..a',
  ])('are not read as business ones when they are %p', (subject) => {
    expect(parseBusinessSubject(subject)).toBeUndefined();
  });

  it('of events have seven tokens, whatever the id of the stream is', () => {
    const address = { service: 'agent', tenant: 'demo', slot: 55, category: 'decision' };
    const type = 'steward.agent.decision-made.v1';

    expect(eventSubject({ ...address, type, streamId: 'decision-1' })).toBe(
      'evt.agent.demo.55.decision.decision-made.decision-1',
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        (streamId) => eventSubject({ ...address, type, streamId }).split('.').length === 7,
      ),
      runs,
    );
  });

  it('take the whole of a type that has another form', () => {
    const subject = eventSubject({
      service: 'agent',
      tenant: 'demo',
      slot: 0,
      category: 'item',
      type: 'com.acme.x',
      streamId: 'item-1',
    });

    expect(subject).toBe('evt.agent.demo.0.item.com%2Eacme%2Ex.item-1');
  });

  it('can be filtered by any part', () => {
    expect(eventFilter({ service: 'agent' })).toBe('evt.agent.*.*.*.*.*');
    expect(eventFilter({ service: 'agent', slot: 7, event: 'decision-made' })).toBe('evt.agent.*.7.*.decision-made.*');
  });

  it('of everything else are one token for each part', () => {
    expect(alertSubject('demo', 'critical', 'agent unhealthy')).toBe('alerts.demo.critical.agent%20unhealthy');
    expect(deadLetterSubject('health', 'health_watch')).toBe('dead.health.health_watch');
    expect(heartbeatSubject('agent', 'inventory_agent')).toBe('heartbeat.agent.inventory_agent');
    expect(querySubject('agent', 'decisions')).toBe('query.agent.decisions');
  });

  it('of every kind are kept by their stream', () => {
    expect(STREAMS.map((name) => STREAM_SUBJECTS[name])).toEqual([
      'evt.agent.>',
      'evt.health.>',
      'evt.maintenance.>',
      'evt.recovery.>',
      'business.>',
      'alerts.>',
      'dead.>',
    ]);
  });

  it('have the slots that they always had', () => {
    expect([slotOf('demo', 'item-VEG001'), slotOf('demo', 'item-MEAT001'), slotOf('x', 'Café-☕')]).toEqual([
      38, 3, 58,
    ]);
  });
});
