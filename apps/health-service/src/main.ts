import { runService } from '#libs/service-kit';
import { readHealthConfiguration } from './config.ts';

await runService({
  name: 'health',
  description: 'Watches agents and services, and raises and resolves alerts.',
  readConfiguration: readHealthConfiguration,
  load: async () => (await import('./health-service.module.ts')).healthService,
});
