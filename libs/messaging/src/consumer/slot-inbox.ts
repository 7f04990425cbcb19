import { position, type Database, type Position, type PreparedStatement, type Queryable } from '#libs/event-store';
import type { SlotClaim } from '../slots/slot-holder.ts';
import { OutOfPlace } from '../errors.ts';
import type { ForwardMove, InboxMove } from './slot-queue.ts';

/** Which inbox: of one consumer, for one service's log. */
export type InboxName = Readonly<{ consumer: string; source: string }>;

/** What the inbox of a slot says when work on it begins. */
export type OpenedSlot = Readonly<{
  slot: number;
  fence: number;
  /** Life of the source's store that `applied` belongs to; 0 when it was never learned. */
  epoch: number;
  applied: Position;
  ahead: readonly Position[];
  /** Streams with messages that are put aside; later ones must wait behind them. */
  parked: readonly string[];
}>;

const CREATE: PreparedStatement = {
  name: 'inbox_create',
  text: `
insert into inbox (consumer, source, slot, epoch, position)
select $1, $2, slot, 0, 0 from unnest($3::int[]) slot
on conflict (consumer, source, slot) do nothing`,
};

/** Waits for a transaction of the former holder that is about to commit; from then on its fence is refused. */
const FENCE: PreparedStatement = {
  name: 'inbox_fence',
  text: `
update inbox i set fence = claim.fence
from unnest($3::int[], $4::bigint[]) claim (slot, fence)
where i.consumer = $1 and i.source = $2 and i.slot = claim.slot and i.fence <= claim.fence
returning i.slot, i.fence, i.epoch, i.position`,
};

const AHEAD: PreparedStatement = {
  name: 'inbox_ahead',
  text: 'select slot, position from inbox_ahead where consumer = $1 and source = $2 and slot = any ($3::int[])',
};

const PARKED_STREAMS: PreparedStatement = {
  name: 'parked_streams',
  text: `
select distinct slot, stream_key as "streamKey" from parked_messages
where consumer = $1 and source = $2 and slot = any ($3::int[]) and state <> 'discarded' and stream_key is not null`,
};

/**
 * Takes over the inboxes of slots: whoever held them before changes nothing any more. A slot that somebody else has
 * taken meanwhile is left out.
 */
export async function openSlots(
  database: Queryable,
  { consumer, source }: InboxName,
  claims: readonly SlotClaim[],
): Promise<readonly OpenedSlot[]> {
  const slots = claims.map(({ slot }) => slot);
  await database.query(CREATE, [consumer, source, slots]);
  type Row = { slot: number; fence: number; epoch: number; position: number };
  const fences = claims.map(({ fence }) => fence);
  const rows = await database.query<Row>(FENCE, [consumer, source, slots, fences]);
  // After the fence, so that they are whole: nobody else adds to them from here on.
  const ahead = await database.query<{ slot: number; position: number }>(AHEAD, [consumer, source, slots]);
  type Parked = { slot: number; streamKey: string };
  const parked = await database.query<Parked>(PARKED_STREAMS, [consumer, source, slots]);
  return rows.map((row) => ({
    slot: row.slot,
    fence: row.fence,
    epoch: row.epoch,
    applied: position(row.position),
    ahead: ahead.filter(({ slot }) => slot === row.slot).map((one) => position(one.position)),
    parked: parked.filter(({ slot }) => slot === row.slot).map(({ streamKey }) => streamKey),
  }));
}

const FORWARD: PreparedStatement = {
  name: 'inbox_forward',
  text: `
update inbox set position = $6, epoch = $7
where consumer = $1 and source = $2 and slot = $3 and fence = $4 and position = $5
returning slot`,
};

const ABSORB: PreparedStatement = {
  name: 'inbox_absorb',
  text: 'delete from inbox_ahead where consumer = $1 and source = $2 and slot = $3 and position <= $4',
};

const NOTE_AHEAD: PreparedStatement = {
  name: 'inbox_note_ahead',
  text: `
insert into inbox_ahead (consumer, source, slot, position)
select consumer, source, slot, $6 from inbox
where consumer = $1 and source = $2 and slot = $3 and fence = $4 and position = $5
for share
on conflict do nothing
returning slot`,
};

/** A slot as its holder knows it. */
export type HeldSlot = Readonly<{ slot: number; fence: number; epoch: number }>;

/**
 * Moves the inbox: the last statement of the transaction of an effect, so that its row is locked for a moment only.
 * @throws OutOfPlace when the slot has another holder, or the inbox is not where its holder thinks
 */
export async function moveInbox(
  transaction: Queryable,
  { consumer, source }: InboxName,
  { slot, fence, epoch }: HeldSlot,
  move: InboxMove,
): Promise<void> {
  const place = [consumer, source, slot, fence, move.from];
  const rows =
    move.kind === 'forward'
      ? await transaction.query(FORWARD, [...place, move.to, epoch])
      : await transaction.query(NOTE_AHEAD, [...place, move.position]);
  if (rows.length === 0) throw new OutOfPlace(consumer, slot);
  if (move.kind === 'forward' && move.absorbs) await transaction.query(ABSORB, [consumer, source, slot, move.to]);
}

const HOLD: PreparedStatement = {
  name: 'inbox_hold',
  text: 'select slot from inbox where consumer = $1 and source = $2 and slot = $3 and fence = $4 for share',
};

/**
 * Makes sure that nobody else takes the slot before the transaction ends.
 * @throws OutOfPlace when somebody has
 */
export async function holdSlot(
  transaction: Queryable,
  { consumer, source }: InboxName,
  { slot, fence }: Omit<HeldSlot, 'epoch'>,
): Promise<void> {
  const rows = await transaction.query(HOLD, [consumer, source, slot, fence]);
  if (rows.length === 0) throw new OutOfPlace(consumer, slot);
}

const ENTER_EPOCH: PreparedStatement = {
  name: 'inbox_enter_epoch',
  text: `
update inbox set position = least(position, $5), epoch = $6
where consumer = $1 and source = $2 and slot = $3 and fence = $4
returning position`,
};

const FORGET_AHEAD: PreparedStatement = {
  name: 'inbox_forget_ahead',
  text: 'delete from inbox_ahead where consumer = $1 and source = $2 and slot = $3 and position > $4',
};

const DISCARD_VOID: PreparedStatement = {
  name: 'parked_discard_void',
  text: `
update parked_messages set state = 'discarded', next_attempt_at = null, settled_by = $1, settled_at = clock_timestamp(),
  settled_reason = 'It is void: a restore took the log back behind it.'
where consumer = $1 and source = $2 and slot = $3 and position > $4 and epoch < $5 and state <> 'discarded'`,
};

/**
 * Goes on in another life of the source's store, at the latest from the last position that both share. What was put aside
 * beyond that is void, and discarded.
 *
 * @returns from where
 * @throws OutOfPlace when the slot has another holder
 */
export async function enterEpoch(
  transaction: Queryable,
  { consumer, source }: InboxName,
  { slot, fence, epoch }: HeldSlot,
  shared: Position,
): Promise<Position> {
  const place = [consumer, source, slot];
  const [inbox] = await transaction.query<{ position: number }>(ENTER_EPOCH, [...place, fence, shared, epoch]);
  if (!inbox) throw new OutOfPlace(consumer, slot);
  await transaction.query(FORGET_AHEAD, [...place, shared]);
  await transaction.query(DISCARD_VOID, [...place, shared, epoch]);
  return position(inbox.position);
}

const SETTLE: PreparedStatement = {
  name: 'inbox_settle',
  text: `
update inbox i set position = move.upto, epoch = move.epoch
from unnest($3::int[], $4::bigint[], $5::int[], $6::bigint[], $7::bigint[]) move (slot, fence, epoch, since, upto)
where i.consumer = $1 and i.source = $2 and i.slot = move.slot and i.fence = move.fence and i.position = move.since
  and i.epoch <= move.epoch
returning i.slot`,
};

const SETTLE_AHEAD: PreparedStatement = {
  name: 'inbox_settle_ahead',
  text: `
delete from inbox_ahead a using inbox i
where a.consumer = $1 and a.source = $2 and a.slot = any ($3::int[])
  and i.consumer = a.consumer and i.source = a.source and i.slot = a.slot and a.position <= i.position`,
};

/**
 * Moves the inboxes of slots in which nothing waits to where the log was seen to hold nothing more for them.
 * @returns the slots whose inbox was where its holder thought
 */
export async function settleIdle(
  database: Database,
  { consumer, source }: InboxName,
  idle: readonly Readonly<{ held: HeldSlot; move: ForwardMove }>[],
): Promise<ReadonlySet<number>> {
  const column = <Value>(of: (one: (typeof idle)[number]) => Value): Value[] => idle.map(of);
  const slots = column(({ held }) => held.slot);
  const moved = await database.transaction(async (transaction) => {
    const rows = await transaction.query<{ slot: number }>(SETTLE, [
      consumer,
      source,
      slots,
      column(({ held }) => held.fence),
      column(({ held }) => held.epoch),
      column(({ move }) => move.from),
      column(({ move }) => move.to),
    ]);
    if (idle.some(({ move }) => move.absorbs)) await transaction.query(SETTLE_AHEAD, [consumer, source, slots]);
    return rows;
  });
  return new Set(moved.map(({ slot }) => slot));
}
