import { describe, expect, it } from '@jest/globals';
import { baseConfiguration } from './base-configuration.ts';
import { configurationTable } from './configuration-table.ts';

describe('the table of settings', () => {
  const rows = configurationTable(baseConfiguration);
  const row = (name: string) => rows.find((one) => one.name === name);

  it('has a row with description and type for every setting', () => {
    expect(rows.map(({ name }) => name)).toEqual(Object.keys(baseConfiguration.shape));
    expect(rows.filter(({ description, type }) => description === '' || type === '')).toEqual([]);
  });

  it('shows defaults, also those that are worked out at start', () => {
    expect(row('PORT')?.default).toBe('8000');
    expect(row('HOST')?.default).toBe('0.0.0.0; 127.0.0.1 in development');
    expect(row('SECRET_KEY')?.default).toBe('');
  });

  it('marks what must not be shown', () => {
    const secret = rows.filter((one) => one.secret).map(({ name }) => name);

    expect(secret).toEqual([
      'API_KEYS',
      'DATABASE_URL',
      'DATABASE_OWNER_URL',
      'NATS_URL',
      'NATS_PASSWORD',
      'NATS_CREDS',
      'ANTHROPIC_API_KEY',
      'SECRET_KEY',
      'ENCRYPTION_KEY',
      'LOG_SIGNING_KEY',
      'SENTRY_DSN',
      'QUICKBOOKS_CLIENT_SECRET',
      'TOAST_API_KEY',
    ]);
  });
});
