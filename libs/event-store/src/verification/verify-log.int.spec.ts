import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { streamId, tenantId } from '#libs/kernel';
import { counted, METADATA, openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { HeadSigner } from './head-signer.ts';
import type { LogProblem } from './log-problem.ts';
import { newSigningKey, signingKeyFrom } from './signing-key.ts';
import { recomputeChain, seededNumbers, Tampering } from './tampering.contract.ts';
import { verifyLog, type LogVerdict, type VerifyLogOptions } from './verify-log.ts';

const SEED = 20_261_123;
const RANDOM_CHANGES = 150;
const EVENTS = 40;
/** Positions that were signed. */
const SIGNED = [10, 25, 40];

describe('verifying a log', () => {
  const key = signingKeyFrom(newSigningKey());
  let log: LogFixture;
  let tampering: Tampering;

  /** Forty events of seven streams, some with keys: signed three times. */
  async function fill(): Promise<void> {
    const signer = new HeadSigner({ database: log.database, key });
    const versions = new Map<string, number>();
    for (let number = 1; number <= EVENTS; number += 1) {
      const stream = `shelf-${number % 7}`;
      const version = versions.get(stream) ?? 0;
      const append = counted(stream, version === 0 ? 'no-stream' : version, number);
      await log.store.append(number % 5 === 0 ? { ...append, idempotencyKey: `key-${number}` } : append);
      versions.set(stream, version + 1);
      if (SIGNED.includes(number)) await signer.sign();
    }
  }

  beforeAll(async () => {
    log = await openLog();
    await fill();
    tampering = new Tampering(log.url, 'agent');
    await tampering.keep();
  });
  afterEach(async () => {
    await tampering.restore();
  });
  afterAll(async () => {
    await log.close();
  });

  const verify = (options: Partial<VerifyLogOptions> = {}): Promise<LogVerdict> =>
    verifyLog({ database: log.database, publicKeys: [key.publicKey], ...options });

  async function problemAfter(statements: string): Promise<LogProblem | undefined> {
    await tampering.free(statements);
    const verdict = await verify();
    return verdict.outcome === 'broken' ? verdict.problem : undefined;
  }

  it('finds a whole log intact, and says what it looked at', async () => {
    const seen: string[] = [];

    const verdict = await verify({ onProgress: ({ phase }) => seen.push(phase) });

    expect(verdict).toMatchObject({
      outcome: 'intact',
      lanes: [{ lane: 0, position: EVENTS, events: EVENTS, streams: 7 }],
      signedHeads: { count: 3, proof: 'given keys', newest: [{ lane: 0, number: 3, position: 40, unsigned: 0 }] },
    });
    expect(new Set(seen)).toEqual(new Set(['events', 'streams', 'idempotency keys', 'signed heads']));
  });

  it.each([
    ['data', `data = '{"number":999}'`],
    ['data, to nothing', `data = null`],
    ['white space in data', `data = '{"number": 17}'`],
    [
      'the order of keys in metadata',
      `metadata = (select json_object_agg(key, value order by key desc) from json_each(metadata))`,
    ],
    ['the time by a microsecond', `recorded_at = recorded_at + interval '1 microsecond'`],
    ['the time by two thousand years', `recorded_at = (recorded_at::text || ' BC')::timestamptz`],
    ['the time to infinity', `recorded_at = 'infinity'`],
    ['type', `type = 'Counted'`],
    ['type_version', `type_version = 2`],
    ['id', `id = gen_random_uuid()`],
    ['stream_id', `stream_id = 'item-shelf-4'`],
    ['tenant', `tenant = 'demp'`],
    ['category', `category = 'items'`],
    ['slot', `slot = (slot + 1) % 64`],
    ['stream_version', `stream_version = stream_version + 1`],
    ['hash', `hash = sha256(hash)`],
    ['the length of the hash', `hash = substr(hash, 1, 31)`],
  ])('names the event whose %s was changed', async (_, change) => {
    const problem = await problemAfter(
      `alter table events alter data drop not null; update events set ${change} where position = 17`,
    );

    expect(problem).toMatchObject({ lane: 0, position: 17 });
    expect(problem?.reason).toContain('does not have the hash');
  });

  it.each([
    ['the first event removed', 'delete from events where position = 1', 2, 'event 1 before it is missing'],
    ['events in the middle removed', 'delete from events where position in (17, 18)', 19, 'events 17 to 18'],
    ['the newest event removed', 'delete from events where position = 40', 40, 'its last event at 39'],
    ['an event in another lane', 'update events set lane = 1 where position = 17', 18, 'event 17'],
    ['the newest event in another lane', 'update events set lane = 1 where position = 40', 40, 'last event at 39'],
    [
      'two events swapped',
      `update events set position = 1017 where position = 17; update events set position = 17 where position = 29;
       update events set position = 29 where position = 1017`,
      17,
      'does not have the hash',
    ],
    [
      'an event put in after the head',
      `insert into events select 41, lane, slot, tenant, stream_id, category, 99, type, type_version, gen_random_uuid(),
         data, metadata, recorded_at, sha256(hash) from events where position = 17`,
      41,
      "beyond the lane's head",
    ],
    [
      'an event put in where a lane never was',
      `insert into events select 5, 3, slot, tenant, stream_id, category, 99, type, type_version, gen_random_uuid(),
         data, metadata, recorded_at, sha256(hash) from events where position = 17`,
      5,
      'the log has no lane 3',
    ],
    ['another hash at the head', `update lanes set hash = sha256('x')`, 40, 'another hash than its last event'],
    [
      'a head set back',
      'update lanes set position = 30, hash = (select hash from events where position = 30)',
      31,
      'beyond',
    ],
    ['a head set forward', 'update lanes set position = 41', 41, 'its last event at 40'],
    ['no lane', 'delete from lanes', 0, 'no lanes'],
  ])('finds %s', async (_, change, position, reason) => {
    const problem = await problemAfter(change);

    expect(problem).toMatchObject({ position });
    expect(problem?.reason).toContain(reason);
  });

  it.each([
    ['version', 'version = version + 1', 'is listed at version'],
    ['last position', 'last_position = last_position - 7', 'is listed as ending at'],
    ['slot', 'slot = (slot + 1) % 64', 'is listed in slot'],
    ['category', `category = 'order'`, 'is listed with the category'],
  ])("finds another %s in a stream's row", async (_, change, reason) => {
    const problem = await problemAfter(`update streams set ${change} where stream_id = 'item-shelf-3'`);

    expect(problem).toMatchObject({ position: 38, stream: 'demo/item-shelf-3', streamVersion: 6 });
    expect(problem?.reason).toContain(reason);
  });

  it('finds a stream without a row, a row without a stream, and a key without events', async () => {
    const missing = await problemAfter(`delete from streams where stream_id = 'item-shelf-3'`);
    await tampering.restore();
    const invented = await problemAfter(`insert into streams values ('demo', 'item-none', 'item', 1, 1, 3)`);
    await tampering.restore();
    const key = await problemAfter(`update idempotency_keys set last_position = 16 where key = 'key-15'`);

    expect(missing).toMatchObject({ position: 3, stream: 'demo/item-shelf-3', streamVersion: 1 });
    expect(invented).toMatchObject({ stream: 'demo/item-none', reason: expect.stringContaining('no event of it') });
    expect(key).toMatchObject({ position: 15, reason: expect.stringContaining('"key-15"') });
  });

  describe('of which the whole chain was written anew', () => {
    it.each([
      [
        'an event was changed',
        `update events set data = '{"number":0}' where position = 17`,
        25,
        'what was signed is not what',
      ],
      [
        'the newest events were removed',
        `delete from events where position > 30; delete from idempotency_keys where last_position > 30;
         update streams s set (version, last_position) = (
           select max(stream_version), max(position) from events e where e.stream_id = s.stream_id)`,
        40,
        'its newest events were removed',
      ],
    ])('finds by the signed heads that %s', async (...[, change, position, reason]) => {
      await tampering.free(change);
      await recomputeChain(log.database, tampering);
      const verdict = await verify();
      await tampering.free(
        "delete from signed_heads; update signed_heads_end set number = 0, previous = decode(repeat('00', 32), 'hex')",
      );
      const unsigned = await verify();

      expect(verdict).toMatchObject({
        outcome: 'broken',
        problem: { position, reason: expect.stringContaining(reason) },
      });
      // Without signatures nobody can know: this is what they are for.
      expect(unsigned).toMatchObject({ outcome: 'intact', signedHeads: { count: 0, proof: 'none' } });
    });

    it('finds versions of a stream that are not one after the other', async () => {
      await tampering.free(`update events set stream_version = 9 where position = 17`);
      await recomputeChain(log.database, tampering);

      expect(await verify()).toMatchObject({
        outcome: 'broken',
        problem: { position: 17, reason: 'version 9 of its stream follows version 2' },
      });
    });

    it.each([
      ['slot', 'slot = (slot + 1) % 64', 'its slot is'],
      ['category', `category = 'order'`, 'its category is'],
    ])('finds an event with another %s than its stream', async (_, change, reason) => {
      for (const position of [3, 17]) {
        await tampering.free(`update events set ${change} where position = ${position}`);
        await recomputeChain(log.database, tampering);
        const verdict = await verify();
        await tampering.restore();

        expect(verdict).toMatchObject({ problem: { position, reason: expect.stringContaining(reason) } });
      }
    });
  });

  describe('whose signed heads were changed', () => {
    it.each([
      ['the newest one removed', 'delete from signed_heads where number = 3', 3, 25, '3 heads were signed'],
      ['one in the middle removed', 'delete from signed_heads where number = 2', 3, 40, 'signed head 2 is missing'],
      ['all removed', 'delete from signed_heads', 1, 0, 'newer ones were removed'],
      ['the row of the end removed', 'delete from signed_heads_end', 4, 40, 'signed_heads_end is missing'],
      ['the end set back', 'update signed_heads_end set number = 2', 4, 40, '2 heads were signed'],
      ['another end', `update signed_heads_end set previous = sha256('x')`, 4, 40, 'not the one that was made last'],
      [
        'a byte of a signature',
        'update signed_heads set signature = set_byte(signature, 5, get_byte(signature, 5) # 1) where number = 2',
        2,
        25,
        'the signature of signed head 2 is wrong',
      ],
      [
        'another position',
        'update signed_heads set position = 24 where number = 2',
        2,
        25,
        'the signature of signed head 2 is wrong',
      ],
      [
        'another hash',
        `update signed_heads set hash = sha256('x') where number = 2`,
        2,
        25,
        'signature of signed head 2',
      ],
      [
        'another time',
        `update signed_heads set at = at + interval '1 microsecond' where number = 2`,
        2,
        25,
        'signature',
      ],
      ['another lane', 'update signed_heads set lane = 1 where number = 2', 2, 25, 'signature of signed head 2'],
      ['another epoch', 'update signed_heads set epoch = 2 where number = 2', 2, 25, 'which this store never had'],
      [
        'another key id',
        `update signed_heads set key_id = repeat('0', 32) where number = 2`,
        2,
        25,
        'carries another one',
      ],
      [
        'a key that is none',
        `update signed_heads set public_key = 'x', key_id = left(encode(sha256('x'), 'hex'), 32) where number = 2`,
        2,
        25,
        'was not given',
      ],
      ['another previous', `update signed_heads set previous = sha256('x') where number = 3`, 3, 40, 'does not follow'],
    ])('finds %s', async (...[, change, signedHead, position, reason]) => {
      const problem = await problemAfter(change);

      expect(problem?.reason).toContain(reason);
      expect(problem).toMatchObject({ signedHead });
      if (!change.includes('set position')) expect(problem).toMatchObject({ position });
    });

    it('believes no key that is stored with them once keys are given', async () => {
      const foreign = signingKeyFrom(newSigningKey());

      const stored = await verify({ publicKeys: undefined });
      const given = await verify({ publicKeys: [foreign.publicKey] });
      const both = await verify({ publicKeys: [foreign.publicKey, key.publicKey] });

      expect(stored).toMatchObject({ outcome: 'intact', signedHeads: { proof: 'stored keys' } });
      expect(given).toMatchObject({ outcome: 'broken', problem: { signedHead: 1 } });
      expect(both).toMatchObject({ outcome: 'intact', signedHeads: { proof: 'given keys' } });
    });
  });

  describe('from some position on', () => {
    it('looks at what follows, and at nothing before', async () => {
      await tampering.free(`update events set data = '{"number":0}' where position = 17`);

      const after = await verify({ from: 18 });
      const at = await verify({ from: 17 });

      expect(after).toMatchObject({ outcome: 'intact', lanes: [{ position: EVENTS, events: 23, first: 18 }] });
      expect(at).toMatchObject({ outcome: 'broken', problem: { position: 17 } });
    });

    it('finds versions that are twice in a stream, or follow nothing, although it does not know what is before', async () => {
      await tampering.free('update events set stream_version = 1 where position = 22');
      await recomputeChain(log.database, tampering);
      const twice = await verify({ from: 20 });
      await tampering.restore();
      await tampering.free('update events set stream_version = 9 where position = 22');
      await recomputeChain(log.database, tampering);
      const loose = await verify({ from: 20 });

      expect(twice).toMatchObject({
        outcome: 'broken',
        problem: { position: 22, reason: expect.stringContaining('twice') },
      });
      expect(loose).toMatchObject({ outcome: 'broken', problem: { position: 22 } });
    });

    it('goes on from where it was, and sees that this place has changed', async () => {
      const verdict = await verify();
      if (verdict.outcome !== 'intact') throw new Error('the log must be intact here');
      const resume = verdict.lanes.map((mark) => ({ ...mark, position: 20, hash: '' }));
      const [row] = await log.database.query<{ hash: string }>(
        `select encode(hash, 'hex') as hash from events where position = 20`,
      );
      const marks = resume.map((mark) => ({ ...mark, hash: row?.hash ?? '', events: 20, streams: 7 }));

      expect(await verify({ resume: marks })).toMatchObject({
        outcome: 'intact',
        lanes: [{ events: EVENTS, streams: 7 }],
      });
      await tampering.free(`update events set data = '{"number":0}' where position = 20`);
      await recomputeChain(log.database, tampering);
      expect(await verify({ resume: marks })).toMatchObject({ outcome: 'broken', problem: { position: 20 } });
    });

    it('ends soon when it is told to', async () => {
      const stopping = new AbortController();
      stopping.abort(new Error('enough'));

      await expect(verify({ signal: stopping.signal })).rejects.toThrow('enough');
    });

    it('knows no lane that the log does not have', async () => {
      await expect(verify({ lane: 7 })).rejects.toThrow(RangeError);
      expect(await verify({ lane: 0 })).toMatchObject({ outcome: 'intact' });
    });
  });

  it(`finds each of ${RANDOM_CHANGES} random changes of one byte, and names the event`, async () => {
    const below = seededNumbers(SEED);
    const unseen: string[] = [];
    for (let round = 0; round < RANDOM_CHANGES; round += 1) {
      const position = below(EVENTS) + 1;
      const change = await randomChange(position, below);
      const problem = await problemAfter(`update events set ${change} where position = ${position}`);
      await tampering.restore();
      if (problem?.position !== position) unseen.push(`${change} at ${position}: ${JSON.stringify(problem)}`);
    }

    expect(unseen).toEqual([]);
  }, 120_000);

  /** Another value for a random column of an event, which differs in one byte or digit. */
  async function randomChange(position: number, below: (limit: number) => number): Promise<string> {
    const column = COLUMNS[below(COLUMNS.length)] ?? 'data';
    switch (column) {
      case 'slot':
      case 'stream_version':
      case 'type_version':
        return `${column} = ${column} # ${1 << below(6)}`;
      case 'hash':
        return hashWithBit(below(256));
      case 'recorded_at':
        return `recorded_at = recorded_at + interval '${1 << below(24)} microseconds'`;
      default: {
        const [row] = await log.database.query<{ text: string }>(
          `select ${column}::text as text from events where position = $1`,
          [position],
        );
        return `${column} = '${withAnotherByte(column, row?.text ?? '', below)}'`;
      }
    }
  }

  it('goes on while events are appended', async () => {
    const before = await verify();
    await log.store.append({
      tenant: tenantId('demo'),
      streamId: streamId('item', 'late'),
      expected: 'no-stream',
      events: [{ type: 'counted', typeVersion: 1, data: { number: 41 } }],
      metadata: METADATA,
    });

    expect(before).toMatchObject({ outcome: 'intact', lanes: [{ position: EVENTS }] });
    expect(await verify()).toMatchObject({
      outcome: 'intact',
      lanes: [{ position: EVENTS + 1 }],
      signedHeads: { newest: [{ position: EVENTS, unsigned: 1 }] },
    });
  });
});

/** Columns in proportion to what they hold. */
const COLUMNS = [
  ...['data', 'data', 'data', 'metadata', 'metadata', 'metadata'],
  ...['tenant', 'stream_id', 'category', 'type', 'id'],
  ...['slot', 'stream_version', 'type_version', 'hash', 'recorded_at'],
];

const hashWithBit = (bit: number): string => `hash = set_bit(hash, ${bit}, 1 - get_bit(hash, ${bit}))`;

/** A text that its column can hold, too. */
function withAnotherByte(column: string, text: string, below: (limit: number) => number): string {
  for (;;) {
    const at = below(text.length);
    const letter = column === 'id' ? below(16).toString(16) : String.fromCharCode(32 + below(95));
    const changed = text.slice(0, at) + letter + text.slice(at + 1);
    const isStorable = !/['\\]/.test(changed) && (column !== 'id' || text[at] !== '-');
    if (changed !== text && isStorable && (!column.endsWith('data') || isJson(changed))) return changed;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
