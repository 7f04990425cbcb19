import { describe, expect, it } from '@jest/globals';
import { AgentBecameUnhealthyV1, AgentRecoveredV1, ComponentBecameUnhealthyV1 } from '#libs/contracts';
import type { RecordedEvent } from '#libs/event-store';
import { healthStateProjection, type HealthStateRow } from './health-state.projection.ts';

const occurredAt = '2026-11-22T10:00:00Z';

function recorded(type: string, data: object): RecordedEvent {
  return { type, data, tenant: 'demo', metadata: { occurredAt } } as unknown as RecordedEvent;
}

function fold(...events: RecordedEvent[]): HealthStateRow | undefined {
  return events.reduce<HealthStateRow | undefined>((row, event) => {
    const [key] = healthStateProjection.keysOf(event);
    return key && healthStateProjection.evolve(row, event, key);
  }, undefined);
}

const row = { tenant: 'demo', kind: 'agent', component: 'inventory_agent' };
const known = recorded('health.component-became-known', {
  component: 'inventory_agent',
  kind: 'agent',
  at: occurredAt,
});
const unhealthy = recorded('health.agent-became-unhealthy', AgentBecameUnhealthyV1.sample);

describe('the list of health states', () => {
  it('shows a component that became known as healthy', () => {
    expect(fold(known)).toEqual({ ...row, status: 'healthy', cause: null, detail: null, since: occurredAt });
  });

  it('shows why and since when an agent is unhealthy', () => {
    const { cause, detail, since } = AgentBecameUnhealthyV1.sample;
    expect(fold(known, unhealthy)).toEqual({ ...row, status: 'unhealthy', cause, detail, since });
  });

  it('shows since when it is healthy again', () => {
    const recovered = recorded('health.agent-recovered', AgentRecoveredV1.sample);
    expect(fold(known, unhealthy, recovered)).toMatchObject({
      ...row,
      status: 'healthy',
      cause: null,
      since: occurredAt,
    });
  });

  it('keeps services and agents apart', () => {
    const event = recorded('health.component-became-unhealthy', ComponentBecameUnhealthyV1.sample);
    expect(healthStateProjection.keysOf(event)).toEqual([
      { tenant: 'demo', kind: 'service', component: 'recovery-service' },
    ]);
  });
});
