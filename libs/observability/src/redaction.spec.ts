import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { protectSecret, redact, REDACTED, redactLine, redactText } from './redaction.ts';

const PROPERTY = { seed: 20260302, numRuns: 500 };

/** No part of a secret may survive, so it has a form that nothing else in a record has. */
const secret = fc.stringMatching(/^[QXZJKVWqxzjkvw0-9]{12,40}$/);

const secretKey = fc.constantFrom(
  'password',
  'DB_PASSWORD',
  'authorization',
  'Proxy-Authorization',
  'cookie',
  'Set-Cookie',
  'apiKey',
  'x-api-key',
  'ANTHROPIC_API_KEY',
  'SECRET_KEY',
  'ENCRYPTION_KEY',
  'clientSecret',
  'QUICKBOOKS_CLIENT_SECRET',
  'accessToken',
  'refresh_token',
  'NATS_CREDENTIALS',
  'connectionString',
  'dbPwd',
);

/** Ways in which a secret gets into a text that somebody logs. */
const textWith = fc.constantFrom<(secret: string) => string>(
  (s) => `cannot connect to postgres://steward:${s}@db.internal:5432/steward?sslmode=require`,
  (s) => `servers nats://svc:${s}@10.0.0.1:4222,nats://svc:${s}@10.0.0.2:4222`,
  (s) => `nats://${s}@10.0.0.1:4222`,
  (s) => `sent Authorization: Bearer ${s}`,
  (s) => `authorization: Basic ${s}==`,
  (s) => `{"headers":{"authorization":"Basic ${s}","x-api-key":"${s}"}}`,
  (s) => `host=db user=steward password=${s} dbname=steward`,
  (s) => `host=db password='${s} ${s}'`,
  (s) => `the header was Bearer ${s}`,
  (s) => `user=steward;pwd=${s};`,
  (s) => `GET /hook?api_key=${s}&page=2`,
  (s) => `body was ${JSON.stringify(JSON.stringify({ token: s, page: 2 }))}`,
  (s) => `key sk-ant-api03-${s}`,
  (s) => `jwt eyJ${s}.eyJ${s}.${s}`,
  (s) => `-----BEGIN PRIVATE KEY-----\n${s}\n${s}\n-----END PRIVATE KEY-----`,
);

/** The secret somewhere in a tree of objects, arrays, maps, sets and errors. */
const recordWith = (hidden: string): fc.Arbitrary<unknown> =>
  fc.letrec((tie) => ({
    leaf: fc.oneof(
      secretKey.map((key) => ({ [key]: hidden })),
      secretKey.map((key) => ({ [key]: { nested: [hidden] } })),
      secretKey.map((key) => new Map([[key, hidden]])),
      textWith.map((write) => write(hidden)),
      textWith.map((write) => new Error(write(hidden), { cause: write(hidden) })),
      textWith.map((write) => Object.assign(new Error('no detail'), { detail: write(hidden), password: hidden })),
      textWith.map((write) => ({ [write(hidden)]: 1 })),
    ),
    tree: fc.oneof(
      { maxDepth: 5 },
      tie('leaf'),
      fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
      fc.dictionary(fc.string(), tie('tree'), { minKeys: 1, maxKeys: 3 }),
      tie('tree').map((inner) => new Set([inner])),
      tie('tree').map((inner) => new Map([['item', inner]])),
    ),
  })).tree;

const withSecret = secret.chain((hidden) => recordWith(hidden).map((record) => ({ hidden, record })));

describe('Redaction', () => {
  it('leaves no secret in any record, whatever holds it', () => {
    fc.assert(
      fc.property(withSecret, ({ hidden, record }) => {
        expect(JSON.stringify(redact(record))).not.toContain(hidden);
      }),
      PROPERTY,
    );
  });

  it('leaves no secret in a line of JSON', () => {
    fc.assert(
      fc.property(secret, textWith, secretKey, (hidden, write, key) => {
        const line = `${JSON.stringify({ level: 'info', msg: write(hidden), a: { [key]: hidden } })}\n`;

        const safe = redactLine(line);

        expect(safe).not.toContain(hidden);
        expect(safe.endsWith('}\n')).toBe(true);
        expect(JSON.parse(safe)).toMatchObject({ level: 'info' });
      }),
      PROPERTY,
    );
  });

  it('never throws, and does the same when done twice', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true }), (value) => {
        const once = redact(value);

        expect(JSON.stringify(redact(once))).toBe(JSON.stringify(once));
      }),
      PROPERTY,
    );
  });

  it.each([
    { inputTokens: 12, max_tokens: 4096, idempotencyKey: 'order-7', traceparent: '00-ab-cd-01', primaryKey: 'id' },
    { url: 'https://example.com/a?page=2#top', stream: 'item-VEG001', monkey: 'business', compassion: 1 },
    { msg: 'Basic checks passed; the author has no token', at: 'http://127.0.0.1:8000/v1/events' },
    { mail: 'ada@example.com', ratio: '3:4@noon', text: 'keyboard: qwerty' },
  ])('keeps what is no secret: %j', (record) => {
    expect(redact(record)).toEqual(record);
  });

  it('keeps the useful part of a connection string and of a header', () => {
    expect(redactText('postgres://steward:hunter2@db:5432/steward')).toBe('postgres://steward:***@db:5432/steward');
    expect(redactText('redis://:p@ss@cache:6379')).toBe('redis://:***@cache:6379');
    expect(redactText('Authorization: Bearer abc.def-ghi')).toBe('Authorization: Bearer ***');
    expect(redactText('GET /hook?token=abc&page=2')).toBe('GET /hook?token=***&page=2');
    expect(redact({ password: null, token: undefined, secret: 0 })).toEqual({
      password: null,
      token: undefined,
      secret: REDACTED,
    });
  });

  it('knows keys of clouds and brokers by their form', () => {
    const seed = `SU${'A2'.repeat(28)}`;

    expect(redactText(`uploading with AKIAIOSFODNN7EXAMPLE as ${seed}`)).toBe('uploading with *** as ***');
  });

  it('names cycles, depth, bytes and functions instead of failing on them', () => {
    const loop: Record<string, unknown> = { bytes: new Uint8Array(3), at: new Date(0), run: () => 1, big: 10n };
    loop['self'] = loop;
    let deep: unknown = 'bottom';
    for (let level = 0; level < 30; level += 1) deep = { deep };

    expect(redact(loop)).toEqual({
      bytes: '[3 bytes]',
      at: '1970-01-01T00:00:00.000Z',
      run: '[function]',
      big: '10',
      self: '[circular]',
    });
    expect(JSON.stringify(redact(deep))).toContain('[too deep]');
  });

  it('says so when an object cannot be read', () => {
    const hostile = {
      get trap(): never {
        throw new Error('no');
      },
    };

    expect(redact({ hostile })).toBe('[unreadable]');
  });

  it('redacts a line that is no JSON as text', () => {
    expect(redactLine('password=hunter2 {')).toBe('password=*** {');
  });

  it('does not take a repeated object for a cycle', () => {
    const item = { sku: 'VEG001' };

    expect(redact([item, item])).toEqual([item, item]);
  });

  describe('of values that the configuration protects', () => {
    const value = 'correct "horse" battery';

    it('removes them wherever they stand, in lines of JSON too', () => {
      expect(redactText(`>${value}<`)).toContain('horse');

      expect(protectSecret(value)).toBe(true);

      expect(redactText(`>${value}<`)).toBe('>***<');
      expect(redactLine(`${JSON.stringify({ text: `>${value}<` })}\n`)).toBe('{"text":">***<"}\n');
    });

    it('refuses a value so short that it would blot out words', () => {
      expect(protectSecret('admin')).toBe(false);
      expect(redactText('administrator')).toBe('administrator');
    });
  });
});
