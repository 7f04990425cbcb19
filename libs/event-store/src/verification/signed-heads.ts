import type { Queryable } from '../event-store.ts';
import type { LaneHead } from './verify-chain.ts';
import type { LogProblem } from './log-problem.ts';
import { hashOfSignature, isSignedBy, ZERO_HASH, type SignedHead } from './signed-head.ts';
import { keyIdOf } from './signing-key.ts';

/** What the signed heads say of the log. */
export type SignedHeadsSummary = Readonly<{
  count: number;
  /** Whose keys were believed: only keys that come from outside of the database prove something against its owner. */
  proof: 'given keys' | 'stored keys' | 'none';
  keyIds: readonly string[];
  newest: readonly NewestSignedHead[];
}>;

export type NewestSignedHead = Readonly<{
  lane: number;
  number: number;
  position: number;
  hash: string;
  at: string;
  ageSeconds: number;
  /** Events after it, which no signature covers yet. */
  unsigned: number;
}>;

type HeadRow = {
  number: number;
  lane: number;
  epoch: number;
  incarnation: string | null;
  position: number;
  hash: string;
  at: string;
  age_seconds: number;
  key_id: string;
  public_key: Buffer;
  previous: string;
  signature: Buffer;
  event_hash: string | null;
};

const PAGE_SIZE = 500;

/** Indexes: the primary keys. The time is as in a stored event: a change below the millisecond is a change. */
const READ_HEADS = `
select h.number, h.lane, h.epoch, i.id::text as incarnation, h.position, encode(h.hash, 'hex') as hash,
  coalesce(to_char(h.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USAD'), '') as at,
  extract(epoch from clock_timestamp() - h.at)::float8 as age_seconds,
  h.key_id, h.public_key, encode(h.previous, 'hex') as previous, h.signature, encode(e.hash, 'hex') as event_hash
from signed_heads h
left join incarnations i on i.epoch = h.epoch
left join events e on e.lane = h.lane and e.position = h.position
where h.number > $1
order by h.number
limit $2`;

const READ_END = `select number, encode(previous, 'hex') as previous from signed_heads_end`;

export type SignedHeadsOptions = Readonly<{
  heads: readonly LaneHead[];
  /** SubjectPublicKeyInfo in DER. Without any, those that are stored with the heads are believed. */
  publicKeys?: readonly Buffer[] | undefined;
  /** Compare with the events of this lane only. */
  lane?: number | undefined;
  onProgress: (rows: number) => void;
}>;

/** Checks all signed heads against each other, their keys, and events whose chain was found to be whole. */
export class SignedHeadsCheck {
  private readonly options: SignedHeadsOptions;
  private readonly given: ReadonlyMap<string, Buffer> | undefined;
  private readonly newest = new Map<number, NewestSignedHead>();
  private readonly keyIds = new Set<string>();
  private number = 0;
  private previous = ZERO_HASH;

  constructor(options: SignedHeadsOptions) {
    this.options = options;
    this.given = options.publicKeys && new Map(options.publicKeys.map((key) => [keyIdOf(key), key]));
  }

  get summary(): SignedHeadsSummary {
    const used = this.given ? 'given keys' : 'stored keys';
    return {
      count: this.number,
      proof: this.number === 0 ? 'none' : used,
      keyIds: [...this.keyIds],
      newest: [...this.newest.values()].sort((left, right) => left.lane - right.lane),
    };
  }

  /** @returns the first signed head that the log contradicts, or that is no signed head */
  async problem(database: Queryable): Promise<LogProblem | undefined> {
    for (;;) {
      const page = await database.query<HeadRow>(READ_HEADS, [this.number, PAGE_SIZE]);
      for (const row of page) {
        const reason = this.wrong(row);
        if (reason !== undefined) return problemOfHead(row, reason);
        this.remember(row);
      }
      this.options.onProgress(this.number);
      if (page.length < PAGE_SIZE) return this.wrongEnd(database);
    }
  }

  private wrong(row: HeadRow): string | undefined {
    if (row.number !== this.number + 1) {
      return `signed head ${this.number + 1} is missing, number ${row.number} follows`;
    }
    if (row.previous !== this.previous) return `signed head ${row.number} does not follow from the signature before it`;
    return this.wrongSignature(row) ?? this.wrongPlace(row);
  }

  private wrongSignature(row: HeadRow): string | undefined {
    const { number, key_id: keyId } = row;
    if (keyIdOf(row.public_key) !== keyId)
      return `signed head ${number} names the key ${keyId}, and carries another one`;
    const key = this.given ? this.given.get(keyId) : row.public_key;
    if (!key) {
      return `signed head ${number} is signed with the key ${keyId}, which was not given: give it, too, if it was yours`;
    }
    if (row.incarnation === null) return `signed head ${number} is of epoch ${row.epoch}, which this store never had`;
    return isSignedBy(key, headOf(row, row.incarnation))
      ? undefined
      : `the signature of signed head ${number} is wrong`;
  }

  private wrongPlace(row: HeadRow): string | undefined {
    const { number, lane, position } = row;
    if (this.options.lane !== undefined && this.options.lane !== lane) return undefined;
    const head = this.options.heads.find((one) => one.lane === lane);
    if (!head) return `signed head ${number} is of lane ${lane}, which the log does not have any more`;
    const before = this.newest.get(lane)?.position ?? 0;
    if (position <= before) return `signed head ${number} is at ${position}, and ${before} was signed before it`;
    if (position > head.position) {
      return `signed head ${number} is at ${position}, and the log ends at ${head.position}: its newest events were removed`;
    }
    if (row.event_hash === null) return `signed head ${number} is at ${position}, where the log has no event`;
    if (row.event_hash === row.hash) return undefined;
    return `signed head ${number} has another hash for ${position}: what was signed is not what the log holds, from some event after ${before} on`;
  }

  private remember(row: HeadRow): void {
    const { number, lane, position, hash, at } = row;
    const head = this.options.heads.find((one) => one.lane === lane)?.position ?? position;
    this.number = number;
    this.previous = hashOfSignature(row.signature);
    this.keyIds.add(row.key_id);
    const ageSeconds = Math.round(row.age_seconds);
    this.newest.set(lane, { lane, number, position, hash, at: timeText(at), ageSeconds, unsigned: head - position });
  }

  private async wrongEnd(database: Queryable): Promise<LogProblem | undefined> {
    const [end] = await database.query<{ number: number; previous: string }>(READ_END);
    const last = [...this.newest.values()].sort((left, right) => right.number - left.number)[0];
    const at = { lane: last?.lane ?? this.options.heads[0]?.lane ?? 0, position: last?.position ?? 0 };
    const reason = wrongEndOf(end, this.number, this.previous);
    return reason === undefined ? undefined : { ...at, signedHead: this.number + 1, reason };
  }
}

function wrongEndOf(
  end: Readonly<{ number: number; previous: string }> | undefined,
  number: number,
  previous: string,
): string | undefined {
  if (!end) return 'the row of signed_heads_end is missing, which says how many heads were signed';
  if (end.number > number)
    return `${end.number} heads were signed, the newest left is number ${number}: newer ones were removed`;
  if (end.number < number) return `${end.number} heads were signed, there is one with number ${number}`;
  return end.previous === previous ? undefined : 'the newest signature is not the one that was made last';
}

function problemOfHead({ number, lane, position }: HeadRow, reason: string): LogProblem {
  return { lane, position, signedHead: number, reason };
}

function headOf(row: HeadRow, incarnation: string): SignedHead {
  const { epoch, number, lane, position, hash, key_id: keyId, previous, signature } = row;
  return { incarnation, epoch, number, lane, position, hash, at: timeText(row.at), keyId, previous, signature };
}

/** Other times than the signer writes stay as they are, and so fit no signature. */
const timeText = (stored: string): string => stored.replace(/000AD$/, 'Z');

/** A key that signed heads, as it is stored beside them: worth no more than the database. */
export type StoredSigningKey = Readonly<{ keyId: string; pem: string; first: number; last: number }>;

/** Index: the primary key, which is read whole. */
const READ_KEYS = `
select key_id, public_key, min(number) as first, max(number) as last
from signed_heads group by key_id, public_key order by min(number)`;

/** The public keys that are stored with the signed heads, to compare with those that are kept elsewhere. */
export async function readStoredKeys(database: Queryable): Promise<readonly StoredSigningKey[]> {
  const rows = await database.query<{ key_id: string; public_key: Buffer; first: number; last: number }>(READ_KEYS);
  return rows.map((row) => ({ keyId: row.key_id, pem: pemOf(row.public_key), first: row.first, last: row.last }));
}

function pemOf(publicKey: Buffer): string {
  const lines = publicKey.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}
