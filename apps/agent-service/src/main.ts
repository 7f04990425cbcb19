import { runService } from '#libs/service-kit';
import { readAgentConfiguration } from './config.ts';

await runService({
  name: 'agent',
  description: 'Takes business events in, runs the agents that decide on them, and answers what was decided and why.',
  readConfiguration: readAgentConfiguration,
  load: async () => (await import('./agent-service.module.ts')).agentService,
});
