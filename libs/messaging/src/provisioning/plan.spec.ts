import { describe, expect, it } from '@jest/globals';
import { appliedValues, withNote } from './applied-note.ts';
import type { ConfigValues } from './config-values.ts';
import { plan, type Plan, type PlanInput } from './plan.ts';
import { streamBeforeNotes, STREAM_RULES, streamWarning, wantedStream } from './stream-settings.ts';

const HOUR_NS = 3_600_000_000_000;
const wanted = wantedStream('EVT_AGENT', {});
const planFor = (input: Partial<PlanInput>): Plan =>
  plan({
    rules: STREAM_RULES,
    editCommand: 'nats stream edit EVT_AGENT',
    replace: 'Make it anew.',
    wanted,
    existing: wanted,
    applied: wanted,
    isNoted: true,
    ...input,
  });
const explained = (decided: Plan): readonly string[] => (decided.action === 'refuse' ? decided.explanations : []);
const but = (values: Record<string, ConfigValues[string]>): ConfigValues => ({ ...wanted, ...values });

describe('the plan for a stream', () => {
  it('is to make it when it is missing', () => {
    expect(planFor({ existing: undefined, applied: undefined, isNoted: false })).toEqual({ action: 'create' });
  });

  it('is nothing when it is as wanted', () => {
    expect(planFor({})).toEqual({ action: 'nothing' });
  });

  it('is to change what this system applied and wants otherwise now', () => {
    expect(planFor({ wanted: but({ max_age: 24 * HOUR_NS, max_bytes: 5 }) })).toEqual({
      action: 'update',
      differences: [
        { field: 'max_age', from: 168 * HOUR_NS, to: 24 * HOUR_NS },
        { field: 'max_bytes', from: -1, to: 5 },
      ],
    });
  });

  it('is to note what somebody else made just as it is wanted', () => {
    const changed = but({ max_age: 24 * HOUR_NS });

    expect(planFor({ wanted: changed, existing: changed })).toEqual({ action: 'update', differences: [] });
    expect(planFor({ applied: undefined, isNoted: false })).toEqual({ action: 'update', differences: [] });
  });

  it('is to take over what the version before made', () => {
    const before = streamBeforeNotes('DEAD_LETTERS');
    const now = wantedStream('DEAD_LETTERS', {});

    expect(planFor({ wanted: now, existing: before, applied: before, isNoted: false })).toEqual({
      action: 'update',
      differences: [{ field: 'max_age', from: 168 * HOUR_NS, to: 720 * HOUR_NS }],
    });
  });

  it('is to refuse what somebody else changed, although other fields could be changed', () => {
    const decided = planFor({ existing: but({ max_age: 48 * HOUR_NS }), wanted: but({ max_bytes: 5 }) });

    expect(explained(decided)).toEqual([
      'max_age is 48h, and STREAM_MAX_AGE_HOURS=168 asks for 168h; Steward applied 168h, ' +
        'so a person with the nats command line or another program has changed it since. ' +
        'To go back: nats stream edit EVT_AGENT --max-age=168h. To keep it: STREAM_MAX_AGE_HOURS=48 for every service.',
    ]);
  });

  it('is to refuse a difference in a stream that it never made', () => {
    const decided = planFor({ existing: but({ max_msgs: 10 }), applied: undefined, isNoted: false });

    expect(explained(decided)).toEqual([
      'max_msgs is 10, and this version needs -1; it has no note of Steward, ' +
        'so a person with the nats command line or another program made it. ' +
        'To go back: nats stream edit EVT_AGENT --max-msgs=-1.',
    ]);
  });

  it.each([
    ['storage', 'memory'],
    ['retention', 'interest'],
    ['sealed', true],
    ['deny_delete', true],
  ])('is to refuse a change of %s, which no server makes, whoever wants it', (field, value) => {
    const ofSomebody = planFor({ existing: but({ [field]: value }) });
    const ofOurs = planFor({ existing: but({ [field]: value }), applied: but({ [field]: value }) });

    expect(explained(ofSomebody)[0]).toMatch(/has changed it since\. Make it anew\.$/);
    expect(explained(ofOurs)[0]).toMatch(/as Steward applied it, .* no server changes it in place\. Make it anew\.$/);
  });

  it('is to refuse no field that is somebody else’s to decide', () => {
    expect(planFor({ existing: but({ placement: 'eu' }) })).toEqual({ action: 'nothing' });
  });
});

describe('the note of what was applied', () => {
  const noted = withNote(undefined, 'Events.', but({ compression: 's2' }), STREAM_RULES);

  it('keeps every value, in few words', () => {
    expect(noted).toBe(
      'Events. [Steward applied {"subjects":["evt.agent.>"],"max_age":604800000000000,"compression":"s2"}]',
    );
    expect(appliedValues(noted, STREAM_RULES)).toEqual(but({ compression: 's2' }));
  });

  it('takes the place of the one before, and leaves the words of others', () => {
    expect(withNote(`Ask Ada. ${noted}`, 'Events.', wanted, STREAM_RULES)).toBe(
      'Ask Ada. Events. [Steward applied {"subjects":["evt.agent.>"],"max_age":604800000000000}]',
    );
    expect(withNote('Mine.', 'Events.', wanted, STREAM_RULES)).toMatch(/^Mine\. \[Steward applied/);
  });

  it.each([undefined, '', 'Events.', '[Steward applied {oops}]', '[Steward applied {"max_age":'])(
    'is not there in %p',
    (description) => {
      expect(appliedValues(description, STREAM_RULES)).toBeUndefined();
    },
  );
});

describe('what a change does to messages', () => {
  const warningOf = (field: string, from: number, to: number, name: 'EVT_AGENT' | 'BUSINESS' = 'EVT_AGENT') =>
    streamWarning(name, { field, from, to });

  it('is said when there will be fewer of them, or fewer copies', () => {
    expect(warningOf('max_age', 168 * HOUR_NS, 24 * HOUR_NS)).toMatch(/older than 24h; the log in Postgres keeps/);
    expect(warningOf('max_age', 0, 24 * HOUR_NS, 'BUSINESS')).toMatch(/also those that nobody has handled yet/);
    expect(warningOf('max_bytes', -1, 1_000)).toMatch(/beyond 1000 bytes/);
    expect(warningOf('num_replicas', 3, 1)).toBe('EVT_AGENT keeps fewer copies: 1 instead of 3.');
  });

  it('is nothing when there is more room', () => {
    expect(warningOf('max_age', 24 * HOUR_NS, 168 * HOUR_NS)).toBeUndefined();
    expect(warningOf('max_bytes', 1_000, -1)).toBeUndefined();
    expect(warningOf('num_replicas', 1, 3)).toBeUndefined();
    expect(warningOf('duplicate_window', 2, 1)).toBeUndefined();
  });
});
