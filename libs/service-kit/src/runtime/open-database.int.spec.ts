import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Database, RoleMayAlterEvents, SchemaOutOfDate } from '#libs/event-store';
import { createTestDatabase, databaseSettings, eventually, type TestDatabase } from '#libs/testing';
import { baseConfiguration } from '../configuration/base-configuration.ts';
import { loadConfiguration, type Environment } from '../configuration/load-configuration.ts';
import { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import { openDatabase, type OpenDatabaseOptions } from './open-database.ts';

jest.setTimeout(30_000);

type Line = Readonly<{ level: string; message: string }>;

const PRODUCTION = {
  ENVIRONMENT: 'production',
  SECRET_KEY: 'a-secret-key-of-32-characters-00',
  ENCRYPTION_KEY: 'an-encryption-key-of-characters-',
  NATS_URL: 'nats://nats:4222',
  API_KEYS: JSON.stringify([{ id: 'boss', tenant: '*', roles: ['operator'], sha256: 'a'.repeat(64) }]),
};

describe('a service opens its database', () => {
  let testDatabase: TestDatabase;
  const sequences: ShutdownSequence[] = [];
  beforeEach(async () => {
    testDatabase = await createTestDatabase();
  });
  afterEach(async () => {
    for (const sequence of sequences.splice(0)) await sequence.run('the spec is over');
    await testDatabase.drop();
  });

  async function open(environment: Environment) {
    const lines: Line[] = [];
    const log = (level: string) => (_: object, message: string) => {
      lines.push({ level, message });
    };
    const logger = {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      fatal: log('fatal'),
    };
    const sequence = new ShutdownSequence({ logger, graceMs: 5_000 });
    sequences.push(sequence);
    const opened = await openDatabase({
      name: 'agent',
      configuration: loadConfiguration(baseConfiguration, { DATABASE_SCHEMA: 'agent', ...environment }, () => ''),
      parts: { migrations: [], entities: [] },
      logger,
      telemetry: { metrics: { dbQueryDuration: { record: () => undefined }, dbConnections: { set: () => undefined } } },
      sequence,
    } as unknown as OpenDatabaseOptions);
    return { ...opened, warnings: lines.filter(({ level }) => level === 'warn').map(({ message }) => message) };
  }

  /** Everybody who is connected to the database, besides whoever asks. */
  async function connected(): Promise<readonly unknown[]> {
    const database = new Database({ url: testDatabase.url, schema: 'public', applicationName: 'spec' });
    try {
      return await database.query(
        `select distinct usename as role, application_name as name from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() order by 2`,
      );
    } finally {
      await database.close();
    }
  }

  it('as its own role in production: both of its pools, and none of the owner is left', async () => {
    const settings = await databaseSettings(testDatabase, 'agent');
    const { database, dataSource, warnings } = await open({ ...PRODUCTION, ...settings });
    await database.query('select 1');
    await dataSource.query('select 1');

    const role = new URL(settings.DATABASE_URL).username;
    expect(warnings).toEqual([]);
    await eventually(async () => {
      expect(await connected()).toEqual([
        { role, name: 'agent-service' },
        { role, name: 'agent-service:read-models' },
      ]);
    });
  });

  it('without the owner once it was prepared, and not before', async () => {
    const { DATABASE_URL, DATABASE_OWNER_URL } = await databaseSettings(testDatabase, 'agent');
    await expect(open({ ...PRODUCTION, DATABASE_URL })).rejects.toThrow(SchemaOutOfDate);
    await open({ ...PRODUCTION, DATABASE_URL, DATABASE_OWNER_URL });

    const { database, warnings } = await open({ ...PRODUCTION, DATABASE_URL });

    expect(warnings).toEqual([]);
    expect(await database.query('select position from lanes')).toEqual([{ position: 0 }]);
  });

  it('as the owner of the schema with one warning in development, and not at all in production', async () => {
    const { warnings } = await open({ DATABASE_URL: testDatabase.url });

    expect(warnings).toEqual([expect.stringMatching(/is a superuser, so it could alter events; .*npm run migrate/)]);
    await expect(open({ ...PRODUCTION, DATABASE_URL: testDatabase.url })).rejects.toThrow(RoleMayAlterEvents);
  });
});
