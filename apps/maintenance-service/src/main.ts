import { runService } from '#libs/service-kit';
import { readMaintenanceConfiguration } from './config.ts';

await runService({
  name: 'maintenance',
  description: 'Asks for the daily backup, once per day over all replicas, and records what became of it.',
  readConfiguration: readMaintenanceConfiguration,
  load: async () => (await import('./maintenance-service.module.ts')).maintenanceService,
});
