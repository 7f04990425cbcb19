import { describe, expect, it } from '@jest/globals';
import { AlertAcknowledgedV1, AlertRaisedV1, AlertResolvedV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { alertProjection, type AlertRow } from './alert.projection.ts';

const { alertId } = AlertRaisedV1.sample;
const key = { tenant: 'demo', alert_id: alertId };

function recorded(type: string, data: object, position = 7): RecordedEvent {
  return { type, data, position, tenant: 'demo' } as unknown as RecordedEvent;
}

function fold(...events: RecordedEvent[]): AlertRow | undefined {
  return events.reduce<AlertRow | undefined>((row, event) => alertProjection.evolve(row, event, key) ?? row, undefined);
}

const raised = recorded('health.alert-raised', AlertRaisedV1.sample);
const acknowledged = recorded('health.alert-acknowledged', AlertAcknowledgedV1.sample, 8);
const resolved = recorded('health.alert-resolved', AlertResolvedV1.sample, 9);

describe('the list of alerts', () => {
  it('shows a raised alert as firing', () => {
    expect(fold(raised)).toMatchObject({
      ...key,
      name: 'agent-unhealthy',
      severity: 'critical',
      status: 'firing',
      ends_at: null,
      raised_position: 7,
    });
  });

  it('keeps who takes care of it when it is resolved', () => {
    expect(fold(raised, acknowledged)).toMatchObject({ status: 'acknowledged', acknowledged_by: 'user:operator' });
    expect(fold(raised, acknowledged, resolved)).toMatchObject({
      status: 'resolved',
      acknowledged_by: 'user:operator',
      ends_at: AlertResolvedV1.sample.endsAt,
      raised_position: 7,
    });
  });

  it('has one row per alert', () => {
    expect([raised, acknowledged, resolved].flatMap((event) => alertProjection.keysOf(event))).toEqual([key, key, key]);
  });
});
