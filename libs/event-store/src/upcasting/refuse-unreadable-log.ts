import { SECOND_MS } from '#libs/kernel';
import type { Database } from '../postgres/database.ts';
import type { EventTypes } from './event-types.ts';
import { UnreadableLog, type UnreadableType } from './upcasting.errors.ts';

/** Every type and version that was ever appended; the append keeps the list. */
const READ_TYPES = `
select type, type_version as version, first_position as "firstPosition"
from event_types
order by first_position`;

/** From where the first of them stands; no index leads to a type, and a service that starts does not pay for it. */
const COUNT = `
select type, type_version as version, count(*)::int as count, max(position) as "lastPosition", max(recorded_at) as "lastAt"
from events
where position >= $3
  and (type, type_version) in (select * from unnest($1::text[], $2::int[]))
group by type, type_version`;

/** Counting helps whoever repairs it; it must not keep the refusal from being said. */
const COUNT_WITHIN_MS = 10 * SECOND_MS;

type Counted = Readonly<{ type: string; version: number; count: number; lastPosition: number; lastAt: Date }>;

/**
 * The gate at the start of a service: it must be able to read all that its log holds. It is not asked again while the
 * service runs; a newer event that comes then is an `UnreadableEvent` to whoever meets it.
 * @throws UnreadableLog with each type and version that it cannot read; StoreUnavailable
 */
export async function refuseUnreadableLog(database: Database, types: EventTypes): Promise<void> {
  const held = await database.query<UnreadableType>(READ_TYPES);
  const unreadable = held.filter((one) => !types.canRead(one));
  if (unreadable.length === 0) return;
  let counted: readonly Counted[] = [];
  let cause: unknown;
  try {
    counted = await count(database, unreadable);
  } catch (error) {
    cause = error;
  }
  throw new UnreadableLog(
    unreadable.map((one) => ({ ...one, ...seen(one, counted) })),
    cause,
  );
}

function count(database: Database, unreadable: readonly UnreadableType[]): Promise<readonly Counted[]> {
  return database.transaction(async (connection) => {
    await connection.query(`set local statement_timeout = ${COUNT_WITHIN_MS}`);
    return connection.query<Counted>(COUNT, [
      unreadable.map(({ type }) => type),
      unreadable.map(({ version }) => version),
      Math.min(...unreadable.map(({ firstPosition }) => firstPosition)),
    ]);
  });
}

function seen({ type, version }: UnreadableType, counted: readonly Counted[]): Pick<UnreadableType, 'seen'> {
  const found = counted.find((one) => one.type === type && one.version === version);
  if (!found) return {};
  const { count: events, lastPosition, lastAt } = found;
  return { seen: { count: events, lastPosition, lastAt } };
}
