import { describe, expect, it } from '@jest/globals';
import { agentService } from '../apps/agent-service/src/agent-service.module.ts';
import { healthService } from '../apps/health-service/src/health-service.module.ts';
import { maintenanceService } from '../apps/maintenance-service/src/maintenance-service.module.ts';
import { recoveryService } from '../apps/recovery-service/src/recovery-service.module.ts';

const services = Object.entries({ agentService, healthService, maintenanceService, recoveryService });

describe('the event types of a service', () => {
  it.each(services)('%s: hold every type that its read models follow', (_name, { eventTypes, projections }) => {
    const followed = projections.flatMap(({ handles = new Set<string>() }) => [...handles]);

    expect(followed.length).toBeGreaterThan(0);
    expect(followed.filter((type) => !eventTypes.canRead({ type, version: 1 }))).toEqual([]);
  });
});
