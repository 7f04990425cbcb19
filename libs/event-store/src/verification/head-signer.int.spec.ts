import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { counted, openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { HeadSigner, readSigningState } from './head-signer.ts';
import { hashOfSignature, isSignedBy, signedBytes, ZERO_HASH } from './signed-head.ts';
import { keyIdOf, newSigningKey, signingKeyFrom } from './signing-key.ts';
import { recomputeChain, Tampering } from './tampering.contract.ts';
import { LogContradictsSignature } from './verification.errors.ts';
import { verifyLog } from './verify-log.ts';

describe('signing the head of a log', () => {
  const key = signingKeyFrom(newSigningKey());
  let log: LogFixture;
  let signer: HeadSigner;
  let tampering: Tampering;

  beforeAll(async () => {
    log = await openLog();
    signer = new HeadSigner({ database: log.database, key });
  });
  afterAll(async () => {
    await log.close();
  });

  it('has nothing to sign in an empty log', async () => {
    expect(await signer.sign()).toEqual([]);
    expect(await readSigningState(log.database)).toEqual([
      { lane: 0, position: 0, signedPosition: 0, ageSeconds: undefined, unsignedSeconds: undefined },
    ]);
  });

  it('signs a head that moved, and only such a one', async () => {
    await log.store.append(counted('flour', 'no-stream', 1, 2));
    const [first, ...others] = await signer.sign();
    const again = await signer.sign();
    await log.store.append(counted('flour', 2, 3));
    const [second] = await signer.sign();

    expect(others).toEqual([]);
    expect(first).toMatchObject({
      number: 1,
      lane: 0,
      epoch: 1,
      position: 2,
      previous: ZERO_HASH,
      keyId: signer.keyId,
    });
    expect(again).toEqual([]);
    expect(second).toMatchObject({
      number: 2,
      position: 3,
      previous: hashOfSignature(first?.signature ?? Buffer.of()),
    });
    expect(second && isSignedBy(key.publicKey, second)).toBe(true);
    expect(await readSigningState(log.database)).toMatchObject([
      { lane: 0, position: 3, signedPosition: 3, ageSeconds: expect.any(Number), unsignedSeconds: undefined },
    ]);
  });

  it('records each head once, whoever signs it at the same time', async () => {
    await log.store.append(counted('flour', 3, 4));
    const signers = Array.from({ length: 5 }, () => new HeadSigner({ database: log.connect().database, key }));

    const signed = await Promise.all(signers.map((one) => one.sign()));

    expect(signed.flat()).toMatchObject([{ number: 3, position: 4 }]);
  });

  it.each([
    ['is older than a recorded one', 'e.number + 1', '3', 'e.previous'],
    ['does not have the next number', 'e.number + 2', '9', 'e.previous'],
    ['does not follow the newest signature', 'e.number + 1', '9', `sha256('x')`],
  ])('does not record a head that %s', async (_, number, position, previous) => {
    const [row] = await log.database.query<{ recorded: boolean }>(
      `select record_signed_head(${number}, 0::smallint, 1, ${position}, sha256('x'), now(), 'k', 'k', ${previous}, 's') as recorded
       from signed_heads_end e`,
    );

    expect(row).toEqual({ recorded: false });
    expect(await log.database.query('select count(*) as count from signed_heads')).toEqual([{ count: 3 }]);
  });

  it('asks for no signature of a head that has one', async () => {
    let asked = 0;
    const counting = {
      publicKey: key.publicKey,
      sign: (payload: Buffer) => {
        asked += 1;
        return key.sign(payload);
      },
    };

    expect(await new HeadSigner({ database: log.database, key: counting }).sign()).toEqual([]);
    expect(asked).toBe(0);
  });

  it('goes on with another key, and both are needed to check', async () => {
    const next = signingKeyFrom(newSigningKey());
    await log.store.append(counted('flour', 4, 5));
    await new HeadSigner({ database: log.database, key: next }).sign();

    const publicKeys = [key.publicKey, next.publicKey];
    expect(await verifyLog({ database: log.database, publicKeys })).toMatchObject({
      outcome: 'intact',
      signedHeads: { count: 4, keyIds: publicKeys.map(keyIdOf) },
    });
    expect(await verifyLog({ database: log.database, publicKeys: [next.publicKey] })).toMatchObject({
      outcome: 'broken',
      problem: { signedHead: 1, reason: expect.stringContaining('was not given') },
    });
  });

  it.each([
    'update signed_heads set number = 9',
    'delete from signed_heads',
    'truncate signed_heads',
    'delete from signed_heads_end',
  ])('refuses to %s', async (statement) => {
    await expect(log.database.query(statement)).rejects.toThrow('is refused');
  });

  it('is not recorded when the signature cannot be made', async () => {
    await log.store.append(counted('flour', 5, 6));
    const broken = { publicKey: key.publicKey, sign: () => Promise.reject(new Error('the key service is away')) };

    await expect(new HeadSigner({ database: log.database, key: broken }).sign()).rejects.toThrow('is away');
    expect(await readSigningState(log.database)).toMatchObject([
      { position: 6, signedPosition: 5, unsignedSeconds: expect.any(Number) },
    ]);
  });

  describe('when the log is no longer what was signed', () => {
    beforeAll(async () => {
      tampering = new Tampering(log.url, 'agent');
      await tampering.keep();
    });
    afterEach(async () => {
      await tampering.restore();
    });

    it.each([
      ['was rewritten', `update events set data = '{"number":0}' where position = 2`, true, 5],
      ['was set back', 'delete from events where position > 3', true, 5],
      [
        'has its head before events that were signed',
        'update lanes set position = 3, hash = (select hash from events where position = 3)',
        false,
        5,
      ],
      ['lost the event that was signed', 'delete from events where position = 5', false, 5],
      ['has another head than its newest event', `update lanes set hash = sha256('x')`, false, 6],
      ['has a head without an event', 'update lanes set position = 7', false, 7],
    ])('signs nothing of one that %s', async (_, change, isRecomputed, position) => {
      await tampering.free(change);
      if (isRecomputed) await recomputeChain(log.database, tampering);

      const refusal = signer.sign();

      await expect(refusal).rejects.toThrow(LogContradictsSignature);
      await expect(refusal).rejects.toMatchObject({ lane: 0, position });
      expect(await log.database.query('select count(*) as count from signed_heads')).toEqual([{ count: 4 }]);
    });
  });

  it('writes down what it signs as one line of canonical JSON', () => {
    const statement = {
      incarnation: '0197c1de-0000-7000-8000-000000000001',
      epoch: 1,
      number: 2,
      lane: 0,
      position: 3,
      hash: 'ab'.repeat(32),
      at: '2026-01-01T12:00:00.000Z',
      keyId: 'k',
      previous: ZERO_HASH,
    };

    expect(signedBytes(statement).toString()).toBe(
      `["steward-log-head",1,"0197c1de-0000-7000-8000-000000000001",1,2,0,3,"${'ab'.repeat(32)}","2026-01-01T12:00:00.000Z","k","${ZERO_HASH}"]`,
    );
  });
});
