import { z } from 'zod';
import {
  baseConfiguration,
  loadConfiguration,
  setting,
  wholeNumber,
  type Environment,
  type ReadFile,
} from '#libs/service-kit';

const DAY_MS = 86_400_000;

function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false; // an offset such as +02:00 knows no summer time
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false; // the answer, not a failure: this is how Intl says that it does not know a zone
  }
}

/** What maintenance-service reads from its environment. */
export const maintenanceConfiguration = baseConfiguration.extend({
  DAILY_BACKUP: setting(z.enum(['on', 'off']).default('on'), {
    description: 'Whether the schedule asks for the daily backup; requests work in any case.',
    expected: 'on or off',
  }),
  DAILY_BACKUP_AT: setting(
    z
      .string()
      .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/)
      .default('02:30'),
    { description: 'Time of day of the daily backup in TIME_ZONE.', expected: 'a time from 00:00 to 23:59' },
  ),
  TIME_ZONE: setting(z.string().refine(isTimeZone).default('UTC'), {
    description: 'Time zone of the schedule; it also decides what a day is.',
    expected: 'a name of the IANA database, such as Europe/London',
  }),
  SCHEDULE_CHECK_MS: setting(wholeNumber(100, 60_000).default(5_000), {
    description: 'How often the schedule looks at the clock, in milliseconds.',
    expected: 'a whole number from 100 to 60000',
  }),
  TASK_TIMEOUT_MS: setting(wholeNumber(1_000, DAY_MS).default(3_600_000), {
    description: 'How long a task may stay without an answer before it counts as failed, in milliseconds.',
    expected: 'a whole number from 1000 to 86400000',
  }),
  RETRY_AFTER_MS: setting(wholeNumber(0, DAY_MS).default(600_000), {
    description: 'How long the schedule waits before it starts a failed task again, in milliseconds.',
    expected: 'a whole number from 0 to 86400000',
  }),
});

export type MaintenanceConfiguration = z.infer<typeof maintenanceConfiguration>;

/** @throws ConfigurationInvalid */
export const readMaintenanceConfiguration = (environment: Environment, readFile: ReadFile): MaintenanceConfiguration =>
  loadConfiguration(maintenanceConfiguration, environment, readFile);
