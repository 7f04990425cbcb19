import { describe, expect, it } from '@jest/globals';
import { agentService } from '../../apps/agent-service/src/agent-service.module.ts';
import { healthService } from '../../apps/health-service/src/health-service.module.ts';
import { maintenanceService } from '../../apps/maintenance-service/src/maintenance-service.module.ts';
import { recoveryService } from '../../apps/recovery-service/src/recovery-service.module.ts';
import { projectionOf, PROJECTIONS } from './service-projections.ts';

describe('npm run rebuild', () => {
  it.each([
    ['agent' as const, agentService],
    ['health' as const, healthService],
    ['maintenance' as const, maintenanceService],
    ['recovery' as const, recoveryService],
  ])('knows the projections and the events with which %s starts', (name, parts) => {
    const facts = (subscribers: readonly { name: string; version: number; table?: { table: string } }[]) =>
      subscribers.map(({ name: of, version, table }) => ({ of, version, table: table?.table }));

    expect(facts(PROJECTIONS[name].projections)).toEqual(facts(parts.projections));
    expect(PROJECTIONS[name].eventTypes).toEqual(parts.eventTypes);
  });

  it('finds a projection by its short name, and none that is not there', () => {
    expect(projectionOf('agent', 'stock-levels')).toBe(projectionOf('agent', 'agent.stock-levels'));
    expect(projectionOf('agent', 'stock-levels')?.table).toBe('stock_levels');
    expect(projectionOf('agent', 'events')).toBeUndefined();
  });
});
