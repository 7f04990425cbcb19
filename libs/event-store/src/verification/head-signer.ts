import type { Queryable } from '../event-store.ts';
import { signedBytes, ZERO_HASH, type SignedHead } from './signed-head.ts';
import { keyIdOf, type HeadSigningKey } from './signing-key.ts';
import { LogContradictsSignature } from './verification.errors.ts';

export type HeadSignerOptions = Readonly<{
  /** Finds the log's tables by its search_path; needs to read them, and to call `record_signed_head`. */
  database: Queryable;
  key: HeadSigningKey;
}>;

/** How a lane stands to its newest signed head. */
export type SigningState = Readonly<{
  lane: number;
  position: number;
  /** 0 when the lane was never signed. */
  signedPosition: number;
  /** Seconds since the newest signature; nothing when there is none. */
  ageSeconds: number | undefined;
  /** Age of the oldest event that no signature covers, in seconds; nothing when all are covered. */
  unsignedSeconds: number | undefined;
}>;

type LaneRow = {
  lane: number;
  position: number;
  hash: string;
  event_hash: string | null;
  signed_position: number | null;
  signed_hash: string | null;
  signed_event_hash: string | null;
};

/** Indexes: primary keys, signed_heads_by_lane. */
const READ_LANES = `
select l.lane, l.position, encode(l.hash, 'hex') as hash,
  (select encode(e.hash, 'hex') from events e where e.lane = l.lane and e.position = l.position) as event_hash,
  s.position as signed_position, encode(s.hash, 'hex') as signed_hash,
  (select encode(e.hash, 'hex') from events e where e.lane = l.lane and e.position = s.position) as signed_event_hash
from lanes l
left join lateral (
  select h.position, h.hash from signed_heads h where h.lane = l.lane order by h.number desc limit 1
) s on true
order by l.lane`;

type EndRow = { number: number; previous: string; epoch: number; incarnation: string; at: string };

const READ_END = `
select e.number, encode(e.previous, 'hex') as previous, i.epoch, i.id::text as incarnation,
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
from signed_heads_end e
cross join lateral (select epoch, id from incarnations order by epoch desc limit 1) i`;

const RECORD = `
select record_signed_head($1, $2::smallint, $3, $4, decode($5, 'hex'), $6, $7, $8, decode($9, 'hex'), $10) as recorded`;

/** Indexes: the primary key of events, signed_heads_by_lane. */
const READ_STATE = `
select l.lane, l.position, coalesce(s.position, 0) as signed_position,
  extract(epoch from clock_timestamp() - s.at)::float8 as age_seconds, (
    select extract(epoch from clock_timestamp() - e.recorded_at)::float8 from events e
    where e.lane = l.lane and e.position > coalesce(s.position, 0)
    order by e.position
    limit 1
  ) as unsigned_seconds
from lanes l
left join lateral (
  select h.position, h.at from signed_heads h where h.lane = l.lane order by h.number desc limit 1
) s on true
order by l.lane`;

/** Reads how old the newest signatures are, and how much they do not cover. */
export async function readSigningState(database: Queryable): Promise<readonly SigningState[]> {
  const rows = await database.query<{
    lane: number;
    position: number;
    signed_position: number;
    age_seconds: number | null;
    unsigned_seconds: number | null;
  }>(READ_STATE);
  return rows.map((row) => ({
    lane: row.lane,
    position: row.position,
    signedPosition: row.signed_position,
    ageSeconds: row.age_seconds ?? undefined,
    unsignedSeconds: row.unsigned_seconds ?? undefined,
  }));
}

/**
 * Signs the heads of a log's lanes with a key that the database does not have. Who changes the log and recomputes its
 * chain can't make the signatures of what it was.
 *
 * Any number of instances may sign at once: of two that sign the same head, one is recorded.
 */
export class HeadSigner {
  private readonly database: Queryable;
  private readonly key: HeadSigningKey;
  readonly keyId: string;

  constructor({ database, key }: HeadSignerOptions) {
    this.database = database;
    this.key = key;
    this.keyId = keyIdOf(key.publicKey);
  }

  /**
   * Signs each lane that moved since its newest signature.
   * @returns what was recorded
   * @throws LogContradictsSignature when a lane no longer holds what was signed; StoreUnavailable
   */
  async sign(): Promise<readonly SignedHead[]> {
    const rows = await this.database.query<LaneRow>(READ_LANES);
    const signed: SignedHead[] = [];
    for (const row of rows) {
      refuseContradiction(row);
      if (row.position <= (row.signed_position ?? 0)) continue;
      const head = await this.signLane(row);
      if (head) signed.push(head);
    }
    return signed;
  }

  private async signLane({ lane, position, hash }: LaneRow): Promise<SignedHead | undefined> {
    const [end] = await this.database.query<EndRow>(READ_END);
    if (!end) throw new LogContradictsSignature(lane, position, 'the row of signed_heads_end is missing');
    const { epoch, incarnation, at, previous } = end;
    const statement = {
      incarnation,
      epoch,
      number: end.number + 1,
      lane,
      position,
      hash,
      at,
      keyId: this.keyId,
      previous,
    };
    const signature = await this.key.sign(signedBytes(statement));
    const [row] = await this.database.query<{ recorded: boolean }>(RECORD, [
      statement.number,
      lane,
      epoch,
      position,
      hash,
      at,
      this.keyId,
      this.key.publicKey,
      previous,
      signature,
    ]);
    return row?.recorded === true ? { ...statement, signature } : undefined;
  }
}

/** A rewritten chain has another hash where the newest signature is, wherever the change was made. */
function refuseContradiction(row: LaneRow): void {
  const { lane, position, hash, event_hash: eventHash } = row;
  const signed = row.signed_position ?? 0;
  if (position < signed) {
    throw new LogContradictsSignature(lane, signed, `its head is at ${position}, and ${signed} was signed`);
  }
  if (signed > 0 && row.signed_event_hash !== row.signed_hash) {
    throw new LogContradictsSignature(lane, signed, `event ${signed} has another hash than was signed, or is gone`);
  }
  if (hash !== (position === 0 ? ZERO_HASH : eventHash)) {
    throw new LogContradictsSignature(
      lane,
      position,
      `its head names another hash than event ${position} has, or it is gone`,
    );
  }
}
