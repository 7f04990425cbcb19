import { z } from 'zod';
import {
  baseConfiguration,
  loadConfiguration,
  setting,
  wholeNumber,
  type Environment,
  type ReadFile,
} from '#libs/service-kit';

/** What agent-service reads from its environment, besides what every service does. */
export const agentConfiguration = baseConfiguration.extend({
  CLAUDE_TIMEOUT_MS: setting(wholeNumber(100, 600_000).default(60_000), {
    description: 'How long one call of Claude may take, in milliseconds.',
    expected: 'a whole number from 100 to 600000',
  }),
  CLAUDE_CONCURRENCY: setting(wholeNumber(1, 100).default(4), {
    description: 'Calls of Claude that may be under way at once in one process.',
    expected: 'a whole number from 1 to 100',
  }),
  BUSINESS_SETTINGS: setting(z.string().min(1).optional(), {
    description:
      'File with the settings of the default tenant, such as config/restaurant.yaml. Taken over at the start when it changed; other tenants inherit them until they have their own.',
    expected: 'the path of a YAML file',
  }),
  ASSESSMENT_INTERVAL_MS: setting(wholeNumber(0, 3_600_000).default(500), {
    description:
      'Least time between two assessments of one agent, in milliseconds; what changes meanwhile is assessed together.',
    expected: 'a whole number from 0 to 3600000',
  }),
});

export type AgentConfiguration = z.infer<typeof agentConfiguration>;

/** @throws ConfigurationInvalid */
export function readAgentConfiguration(environment: Environment, readFile: ReadFile): AgentConfiguration {
  return loadConfiguration(agentConfiguration, environment, readFile);
}
