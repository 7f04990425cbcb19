import { describe, expect, it } from '@jest/globals';
import { businessSettingsSchema } from '#libs/business-settings';
import { BusinessClock } from './business-clock.ts';

const settings = (clock: 'real' | 'simulated') =>
  businessSettingsSchema.parse({ business: { name: 'Spec', type: 'retail', timeZone: 'Europe/Berlin', clock } });
const at = (time: string) => Date.parse(time);
const shown = (ms: number | undefined) => ms !== undefined && new Date(ms).toISOString();

describe('the clock of a business', () => {
  it('says nothing before the first fact', () => {
    expect(new BusinessClock().whenIdle(at('2026-03-02T10:00:00Z'), 60_000, settings('real'))).toBeUndefined();
  });

  it('goes on with the clock on the wall while nothing happens', () => {
    const clock = new BusinessClock();
    clock.hear(at('2026-03-02T10:00:00Z'), at('2026-03-02T10:00:02Z'));
    expect(shown(clock.whenIdle(at('2026-03-02T11:00:02Z'), 1, settings('real')))).toBe('2026-03-02T11:00:00.000Z');
  });

  it('never goes back, when a fact comes late', () => {
    const clock = new BusinessClock();
    clock.hear(at('2026-03-02T10:00:00Z'), at('2026-03-02T10:00:01Z'));
    clock.hear(at('2026-03-02T09:00:00Z'), at('2026-03-02T10:00:05Z'));
    expect(clock.state).toEqual({ toldMs: at('2026-03-02T10:00:00Z'), leastLagMs: 1_000 });
  });

  it('takes a fact that says it comes from the future for one of now, unless time is simulated', () => {
    const fact = { occurredAtMs: at('2099-01-01T00:00:00Z'), recordedAtMs: at('2026-03-02T10:00:00Z') };
    expect(shown(BusinessClock.timeOf(fact, settings('real')))).toBe('2026-03-02T10:00:00.000Z');
    expect(shown(BusinessClock.timeOf(fact, settings('simulated')))).toBe('2099-01-01T00:00:00.000Z');
  });

  it('stands still while a simulation is silent', () => {
    const clock = new BusinessClock();
    clock.hear(at('2027-03-02T10:00:00Z'), at('2026-03-02T10:00:00Z'));
    expect(shown(clock.whenIdle(at('2026-03-05T10:00:00Z'), 60_000, settings('simulated')))).toBe(
      '2027-03-02T10:00:00.000Z',
    );
  });

  it('comes to the morning after the last day of a history, once nothing more of it comes', () => {
    const clock = new BusinessClock();
    clock.hear(at('2010-12-01T17:00:00Z'), at('2026-03-02T10:00:00Z'));
    const idle = (idleMs: number) => shown(clock.whenIdle(at('2026-03-02T10:00:30Z'), idleMs, settings('real')));
    expect(idle(9_999)).toBe('2010-12-01T17:00:00.000Z');
    expect(idle(10_000)).toBe('2010-12-02T11:00:00.000Z');
    clock.hear(at('2026-03-02T10:01:00Z'), at('2026-03-02T10:01:00Z'));
    expect(shown(clock.whenIdle(at('2026-03-02T10:02:00Z'), 60_000, settings('real')))).toBe(
      '2026-03-02T10:02:00.000Z',
    );
  });
});
