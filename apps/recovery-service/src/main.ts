import { runService } from '#libs/service-kit';
import { readRecoveryConfiguration } from './config.ts';

await runService({
  name: 'recovery',
  description: 'Makes backups of the whole database and proves each of them by restoring it.',
  readConfiguration: readRecoveryConfiguration,
  load: async () => (await import('./recovery-service.module.ts')).recoveryService,
});
