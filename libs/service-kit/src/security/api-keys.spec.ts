import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MalformedId } from '#libs/kernel';
import { ApiKeyDirectory, generateApiKey } from './api-keys.ts';
import { Authenticator } from './authenticator.ts';

const { key, sha256 } = generateApiKey();
const entry = { id: 'till-7', tenant: 'demo', roles: ['publisher' as const], sha256 };

describe('an API key', () => {
  it('has a recognisable form and 256 bits of chance', () => {
    expect(key).toMatch(/^stw_[A-Za-z0-9_-]{43}$/);
    expect(generateApiKey().key).not.toBe(key);
  });

  it('is configured by its hash', () => {
    expect(sha256).toBe(createHash('sha256').update(key).digest('hex'));
  });
});

describe('the directory of keys', () => {
  const directory = new ApiKeyDirectory([entry]);

  it('knows whose a key is', () => {
    expect(directory.find(key)).toEqual({ keyId: 'till-7', tenant: 'demo', roles: ['publisher'] });
  });

  it.each([generateApiKey().key, sha256, '', key.slice(0, -1), `${key} `, key.toUpperCase()])(
    'does not know %j',
    (text) => {
      expect(directory.find(text)).toBeUndefined();
    },
  );

  it('refuses a tenant that is none', () => {
    expect(() => new ApiKeyDirectory([{ ...entry, tenant: 'No Tenant' }])).toThrow(MalformedId);
  });
});

describe('the authenticator', () => {
  const on = new Authenticator({ AUTHENTICATION: 'on', DEFAULT_TENANT: 'demo', API_KEYS: [entry] });
  const off = new Authenticator({ AUTHENTICATION: 'off', DEFAULT_TENANT: 'acme', API_KEYS: [entry] });

  it.each([
    { authorization: `Bearer ${key}` },
    { authorization: `bearer  ${key} ` },
    { 'x-api-key': key },
    { authorization: `Bearer ${key}`, 'x-api-key': 'wrong' },
  ])('finds the key in %j', (headers) => {
    expect(on.identify(headers)?.keyId).toBe('till-7');
  });

  it.each([
    {},
    { authorization: key },
    { authorization: `Basic ${key}` },
    { authorization: 'Bearer' },
    { authorization: 'Bearer wrong', 'x-api-key': key },
  ])('finds none in %j', (headers) => {
    expect(on.identify(headers)).toBeUndefined();
  });

  it('knows everyone as the developer when it is off', () => {
    expect(off.identify({ 'x-api-key': 'whatever' })).toEqual({
      keyId: 'development',
      tenant: '*',
      defaultTenant: 'acme',
      roles: ['publisher', 'reader', 'operator', 'approver'],
    });
  });
});
