import { describe, expect, it } from '@jest/globals';
import { AgentBecameUnhealthyV1, AlertAcknowledgedV1, AlertRaisedV1, EVENT_CONTRACTS } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import type { Published } from '#libs/messaging';
import { alertsOutlet } from './alerts/publications/alert.publications.ts';
import { healthService } from './health-service.module.ts';

function recorded(type: string, data: object): RecordedEvent {
  return { type, data, tenant: 'demo', streamId: 'alert-1' } as unknown as RecordedEvent;
}

function publishedBy(stream: string, event: RecordedEvent): Published | undefined {
  return healthService.outlets.find((outlet) => outlet.stream === stream)?.publication(event);
}

const acknowledged = recorded('health.alert-acknowledged', {
  ...AlertAcknowledgedV1.sample,
  name: 'agent-unhealthy',
  severity: 'critical',
});

describe('what health-service tells', () => {
  it.each(EVENT_CONTRACTS.filter(({ area, event }) => area === 'health' && event !== 'diagnosis-made'))(
    'is $event, as the contract says',
    ({ type, event, sample }) => {
      const log = event === 'alert-acknowledged' ? acknowledged : recorded(`health.${event}`, sample as object);
      expect(publishedBy('EVT_HEALTH', log)).toEqual({ type, data: sample });
    },
  );

  it('is nothing of what was only noted', () => {
    for (const type of ['health.component-became-known', 'health.agent-pause-noted', 'health.agent-resume-noted']) {
      expect(publishedBy('EVT_HEALTH', recorded(type, {}))).toBeUndefined();
    }
  });

  it('is, to people who follow alerts, alerts alone', () => {
    expect(publishedBy('ALERTS', recorded('health.alert-raised', AlertRaisedV1.sample))).toBeDefined();
    expect(
      publishedBy('ALERTS', recorded('health.agent-became-unhealthy', AgentBecameUnhealthyV1.sample)),
    ).toBeUndefined();
  });

  it('keeps every event of an alert on one subject', () => {
    const published = { type: AlertAcknowledgedV1.type, data: AlertAcknowledgedV1.sample };
    expect(alertsOutlet.subjectOf(acknowledged, published)).toBe('alerts.demo.critical.agent-unhealthy');
  });
});
