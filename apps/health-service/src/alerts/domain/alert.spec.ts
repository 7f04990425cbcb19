import { describe, expect, it } from '@jest/globals';
import { given } from '#libs/testing';
import { alertDecider, type AcknowledgeAlert, type RaiseAlert, type ResolveAlert } from './alert.decider.ts';
import { AlertAlreadyResolved, AlertNotFound } from './alert.errors.ts';
import { partsOfAlertId, type AlertEvent } from './alert.ts';

const fingerprint = '5b1f0c9d2e7a4f38';

describe('raise an alert', () => {
  it('is the first episode of its trouble', () => {
    given(alertDecider).when(raise()).then(raised(1));
  });

  it('does nothing while one fires for the same trouble, acknowledged or not', () => {
    given(alertDecider, raised(1)).when(raise()).thenNothing();
    given(alertDecider, raised(1), acknowledged(1)).when(raise()).thenNothing();
  });

  it('is another alert when the trouble comes back', () => {
    given(alertDecider, raised(1), resolved(1)).when(raise()).then(raised(2));
  });
});

describe('acknowledge an alert', () => {
  it('says who takes care of it', () => {
    given(alertDecider, raised(1)).when(acknowledge(1)).then(acknowledged(1));
  });

  it('does nothing the second time', () => {
    given(alertDecider, raised(1), acknowledged(1)).when(acknowledge(1)).thenNothing();
  });

  it('refuses one that is resolved, also when the trouble is back under another id', () => {
    given(alertDecider, raised(1), resolved(1)).when(acknowledge(1)).thenRefused(AlertAlreadyResolved);
    given(alertDecider, raised(1), resolved(1), raised(2)).when(acknowledge(1)).thenRefused(AlertAlreadyResolved);
  });

  it('refuses one that never was', () => {
    given(alertDecider).when(acknowledge(1)).thenRefused(AlertNotFound);
    given(alertDecider, raised(1)).when(acknowledge(2)).thenRefused(AlertNotFound);
  });
});

describe('resolve an alert', () => {
  it('ends it with its reason', () => {
    given(alertDecider, raised(1)).when(resolve()).then(resolved(1));
    given(alertDecider, raised(1), acknowledged(1)).when(resolve()).then(resolved(1));
  });

  it('does nothing when none fires', () => {
    given(alertDecider).when(resolve()).thenNothing();
    given(alertDecider, raised(1), resolved(1)).when(resolve()).thenNothing();
  });
});

describe('the id of an alert', () => {
  it('names its trouble and its episode', () => {
    expect(partsOfAlertId(`${fingerprint}-12`)).toEqual({ fingerprint, episode: 12 });
  });

  it.each(['', 'x', fingerprint, `${fingerprint}-0`, `${fingerprint}-1x`, `${fingerprint.toUpperCase()}-1`])(
    'is not %p',
    (text) => {
      expect(partsOfAlertId(text)).toBeUndefined();
    },
  );
});

const noon = new Date('2026-03-02T09:00:00.000Z');
const meta = { at: noon, by: 'key:ops' };
const identity = { name: 'agent-unhealthy', severity: 'critical', fingerprint } as const;
const labels = { alertname: 'agent-unhealthy', agent: 'inventory_agent' };
const summary = 'inventory_agent fails';
const startsAt = noon.toISOString();
const raise = (): RaiseAlert => ({
  type: 'raise-alert',
  data: { ...identity, summary, description: 'why', labels, startsAt },
  meta,
});
const acknowledge = (episode: number): AcknowledgeAlert => ({
  type: 'acknowledge-alert',
  data: { alertId: `${fingerprint}-${episode}`, episode, note: 'on it' },
  meta,
});
const resolve = (): ResolveAlert => ({ type: 'resolve-alert', data: { resolution: 'An assessment completed.' }, meta });
const raised = (episode: number): AlertEvent => ({
  type: 'alert-raised',
  data: { alertId: `${fingerprint}-${episode}`, ...identity, summary, description: 'why', labels, startsAt },
});
const acknowledged = (episode: number): AlertEvent => ({
  type: 'alert-acknowledged',
  data: {
    alertId: `${fingerprint}-${episode}`,
    by: 'key:ops',
    note: 'on it',
    at: noon.toISOString(),
    name: 'agent-unhealthy',
    severity: 'critical',
  },
});
const resolved = (episode: number): AlertEvent => ({
  type: 'alert-resolved',
  data: {
    alertId: `${fingerprint}-${episode}`,
    ...identity,
    labels,
    summary,
    startsAt,
    endsAt: noon.toISOString(),
    resolution: 'An assessment completed.',
  },
});
