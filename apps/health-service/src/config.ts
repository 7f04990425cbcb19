import type { z } from 'zod';
import {
  baseConfiguration,
  loadConfiguration,
  setting,
  wholeNumber,
  type Environment,
  type ReadFile,
} from '#libs/service-kit';

/** What health-service reads from its environment, besides what every service does. */
export const healthConfiguration = baseConfiguration.extend({
  AGENT_SILENT_AFTER_MS: setting(wholeNumber(100, 3_600_000).default(10_000), {
    description: 'How long an agent or service may send no heartbeat before it counts as silent, in milliseconds.',
    expected: 'a whole number from 100 to 3600000; several times the interval of heartbeats',
  }),
  AGENT_FAILURES_UNTIL_UNHEALTHY: setting(wholeNumber(1, 1_000).default(3), {
    description: 'Assessments that must fail in a row before an agent counts as failing.',
    expected: 'a whole number from 1 to 1000',
  }),
  RECOVERED_AFTER_HEARTBEATS: setting(wholeNumber(1, 1_000).default(2), {
    description: 'Good heartbeats in a row that end silence or a pause, so that one late heartbeat does not flap.',
    expected: 'a whole number from 1 to 1000',
  }),
  SILENCE_WATCH_INTERVAL_MS: setting(wholeNumber(50, 60_000).default(1_000), {
    description: 'How often the table of heartbeats is judged, in milliseconds.',
    expected: 'a whole number from 50 to 60000',
  }),
});

/** The settings of health-service. */
export type HealthConfiguration = z.infer<typeof healthConfiguration>;

/** @throws ConfigurationInvalid naming every wrong variable */
export function readHealthConfiguration(environment: Environment, readFile: ReadFile): Readonly<HealthConfiguration> {
  return loadConfiguration(healthConfiguration, environment, readFile);
}
