import { describe, expect, it } from '@jest/globals';
import { readMaintenanceConfiguration } from './config.ts';

const read = (environment: Record<string, string> = {}) => readMaintenanceConfiguration(environment, () => '');

describe('the configuration of maintenance-service', () => {
  it('makes the daily backup at half past two in UTC unless told otherwise', () => {
    expect(read()).toMatchObject({
      DAILY_BACKUP: 'on',
      DAILY_BACKUP_AT: '02:30',
      TIME_ZONE: 'UTC',
      SCHEDULE_CHECK_MS: 5_000,
      TASK_TIMEOUT_MS: 3_600_000,
      RETRY_AFTER_MS: 600_000,
    });
  });

  it.each(['Europe/London', 'America/Argentina/Ushuaia', 'UTC'])('knows the time zone %s', (TIME_ZONE) => {
    expect(read({ TIME_ZONE }).TIME_ZONE).toBe(TIME_ZONE);
  });

  it.each([
    ['TIME_ZONE', 'Europe/Atlantis'],
    ['TIME_ZONE', '+02:00'],
    ['DAILY_BACKUP_AT', '24:00'],
    ['DAILY_BACKUP_AT', '2:30'],
    ['DAILY_BACKUP', 'sometimes'],
  ])('refuses %s=%s by name', (name, value) => {
    expect(() => read({ [name]: value })).toThrow(`${name} is "${value}"`);
  });
});
