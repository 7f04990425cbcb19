import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BUS_MIGRATIONS } from '#libs/messaging';
import { agentService } from '../../apps/agent-service/src/agent-service.module.ts';
import { healthService } from '../../apps/health-service/src/health-service.module.ts';
import { maintenanceService } from '../../apps/maintenance-service/src/maintenance-service.module.ts';
import { recoveryService } from '../../apps/recovery-service/src/recovery-service.module.ts';
import { serviceMigrations } from './service-migrations.ts';

describe('npm run migrate', () => {
  it.each([
    ['agent' as const, agentService],
    ['health' as const, healthService],
    ['maintenance' as const, maintenanceService],
    ['recovery' as const, recoveryService],
  ])('knows the migrations with which %s starts', async (name, { migrations }) => {
    const found = await serviceMigrations(join(import.meta.dirname, '../..'), name);

    expect(found).toEqual([...BUS_MIGRATIONS, ...migrations]);
  });
});
