import { createPublicKey, verify } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { counted, openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { HeadSigner } from './head-signer.ts';
import { blockOf } from './log-format.contract.ts';
import { newSigningKey, publicPemOf, signingKeyFrom } from './signing-key.ts';
import { Tampering } from './tampering.contract.ts';

describe('the SQL of docs/log-format.md', () => {
  const key = newSigningKey();
  let log: LogFixture;
  let tampering: Tampering;

  beforeAll(async () => {
    log = await openLog();
    const signer = new HeadSigner({ database: log.database, key: signingKeyFrom(key) });
    await log.store.append(counted('flour', 'no-stream', 1, 2, 3));
    await signer.sign();
    await log.store.append({
      ...counted('a "b" \\ \u0007 ü \u{1f600}', 'no-stream'),
      events: [{ type: 'named\ttype', typeVersion: 1, data: { text: 'line\nfeed \u2028 "quoted"', number: 1e21 } }],
    });
    await signer.sign();
    tampering = new Tampering(log.url, 'agent');
    await tampering.keep();
  });
  afterEach(async () => {
    await tampering.restore();
  });
  afterAll(async () => {
    await log.close();
  });

  const firstBroken = (): Promise<object[]> => log.database.query(blockOf('chain'));

  it('finds a whole chain whole', async () => {
    expect(await firstBroken()).toEqual([]);
  });

  it.each([
    [`update events set data = '{"number": 2}' where position = 2`, 2],
    [`update events set recorded_at = recorded_at + interval '1 microsecond' where position = 3`, 3],
    [`update events set type = 'named type' where position = 4`, 4],
    ['delete from events where position = 1', 2],
    ['delete from events where position = 4', 5],
    ['delete from events', 5],
    [`update lanes set hash = sha256('x')`, 5],
  ])('names the first link that does not fit after: %s', async (change, position) => {
    await tampering.free(change);

    expect(await firstBroken()).toEqual([{ lane: 0, position }]);
  });

  it('writes down the statements that were signed', async () => {
    const rows = await log.database.query<{ statement: string; signature: string; fits: boolean }>(blockOf('heads'));
    const publicKey = createPublicKey(publicPemOf(key));

    expect(rows).toHaveLength(2);
    for (const { statement, signature, fits } of rows) {
      expect(verify(null, Buffer.from(statement), publicKey, Buffer.from(signature, 'hex'))).toBe(true);
      expect(fits).toBe(true);
    }
  });
});
