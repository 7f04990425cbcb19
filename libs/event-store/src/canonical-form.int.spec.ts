import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from './canonical-form.ts';
import { anyJson } from './json-documents.contract.ts';
import { counted, METADATA, openLog, TENANT, type LogFixture } from './postgres/log-fixture.contract.ts';
import { verifyChain } from './verification/verify-chain.ts';

jest.setTimeout(30_000);

const DOCUMENTS: readonly object[] = [
  ...fc.sample(anyJson, { seed: 20_261_123, numRuns: 400 }).map((value) => ({ value })),
  { numbers: [1e21, -0, 5e-324, 0.1, -1e-7, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER, 1.5, 1e20] },
  { '😀': '👩‍👩‍👧‍👦', ä: 'a\u0308', '\u2028': '\u2029', '\ufeff': '\u200b', '\uffff': '\u{10ffff}' },
  { '"\\/\b\f\n\r\t\u001f\u007f': '\u0001', "'": '$1 %s ? {} \\x', '': '' },
  { long: 'é'.repeat(70_000), many: Array.from({ length: 2_000 }, (_, index) => ({ index })) },
];

describe('the text of an event in Postgres', () => {
  let log: LogFixture;

  beforeAll(async () => {
    log = await openLog();
  });
  afterAll(async () => {
    await log.close();
  });

  it('is, byte for byte, what was hashed, and reads back as the same value', async () => {
    const appends = DOCUMENTS.map((data, index) => ({
      ...counted('documents', 'any'),
      events: [{ type: 'said', typeVersion: 1, data }],
      metadata: { ...METADATA, actor: `spec ${JSON.stringify(data).slice(0, 40).toWellFormed()} ${index}` },
    }));
    await Promise.all(appends.map((append) => log.store.append(append)));

    const texts = await log.database.query<{ data: string; metadata: string }>(
      'select data::text, metadata::text from events order by position',
    );
    const events = await log.store.readStream(TENANT, counted('documents', 'any').streamId);

    expect(texts.map(({ data }) => data)).toEqual(DOCUMENTS.map((document) => canonicalJson(document)));
    expect(texts.map(({ metadata }) => metadata)).toEqual(appends.map(({ metadata }) => canonicalJson(metadata)));
    expect(events.map(({ data }) => data)).toEqual(
      DOCUMENTS.map((document) => JSON.parse(JSON.stringify(document)) as unknown),
    );
    expect(await verifyChain(log.database)).toMatchObject({ outcome: 'intact', events: DOCUMENTS.length });
  });
});
