import { describe, expect, it } from '@jest/globals';
import { connectionEnvironment } from './connection-environment.ts';

describe('the environment of pg_dump', () => {
  it('holds every part of the URL, decoded', () => {
    const url =
      'postgresql://back%40up:p%2Fw%20%C3%BC@db.internal:5433/business%20agents?sslmode=verify-full&host=/run/pg';

    expect(connectionEnvironment(url, {})).toEqual({
      PGHOST: '/run/pg',
      PGPORT: '5433',
      PGUSER: 'back@up',
      PGPASSWORD: 'p/w ü',
      PGDATABASE: 'business agents',
      PGSSLMODE: 'verify-full',
      PGAPPNAME: 'recovery-service:backup',
      PGCONNECT_TIMEOUT: '10',
    });
  });

  it('leaves out what the URL does not say, so that the usual defaults hold', () => {
    const environment = connectionEnvironment('postgresql://localhost/app', {});

    expect(Object.keys(environment)).not.toContain('PGPASSWORD');
    expect(Object.keys(environment)).not.toContain('PGPORT');
  });

  it('takes neither our own connection nor our secrets along', () => {
    const inherited = { PATH: '/bin', PGHOST: 'elsewhere', PGSERVICE: 'other', SECRET_KEY: 'secret' };

    expect(connectionEnvironment('postgresql://db/app', inherited)).toMatchObject({ PATH: '/bin', PGHOST: 'db' });
    expect(Object.keys(connectionEnvironment('postgresql://db/app', inherited))).not.toContain('PGSERVICE');
    expect(Object.keys(connectionEnvironment('postgresql://db/app', inherited))).not.toContain('SECRET_KEY');
  });

  it('can mean another database, and an IPv6 address', () => {
    expect(connectionEnvironment('postgresql://[::1]:5432/app', {}, 'scratch')).toMatchObject({
      PGHOST: '::1',
      PGDATABASE: 'scratch',
    });
  });
});
