import type { Queryable } from '../event-store.ts';
import type { StoredEvent } from './chain-link.ts';

/**
 * Everything that the hash covers, as it is stored. A range rather than a limit: a database without statistics, as one
 * that was just restored, would sort the whole lane for each page.
 * Index: the primary key.
 */
const READ_RANGE = `
select position, lane, slot, tenant, stream_id, category, stream_version, type, type_version, id::text as id,
  coalesce(data::text || e'\\n' || metadata::text, '') as content, encode(hash, 'hex') as hash,
  coalesce(to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.USAD'), '') as recorded_at
from events
where lane = $1 and position > $2 and position <= $3
order by position`;

/** Index: the primary key. */
const READ_NEXT_POSITION = 'select min(position) as next from events where lane = $1 and position > $2';

const FIRST_PAGE = 250;
const LARGEST_PAGE = 1_500;
const SMALLEST_PAGE = 16;
/** Characters of data and metadata that a page should hold. */
const PAGE_CHARACTERS = 1_048_576;

export type LaneRange = Readonly<{
  lane: number;
  /** Position before the first one. */
  after: number;
  upTo: number;
}>;

type Reading = Readonly<{ upTo: number; rows: Promise<StoredEvent[]> }>;

/** The events of a range in their order, in pages of bounded size; the next page is on its way while one is looked at. */
export async function* eventPages(
  database: Queryable,
  { lane, after, upTo }: LaneRange,
): AsyncGenerator<readonly StoredEvent[]> {
  const read = (from: number, size: number): Reading | undefined => {
    if (from >= upTo) return undefined;
    const end = Math.min(from + size, upTo);
    const rows = database.query<StoredEvent>(READ_RANGE, [lane, from, end]);
    // Awaited below; a failure that comes while the page before is looked at must not count as unhandled until then.
    rows.catch(() => undefined);
    return { upTo: end, rows };
  };
  let reading = read(after, FIRST_PAGE);
  try {
    while (reading) {
      const page: readonly StoredEvent[] = await reading.rows;
      const at: number = page.length > 0 ? reading.upTo : await endOfHole(database, lane, reading.upTo, upTo);
      reading = read(at, sizeAfter(page));
      if (page.length > 0) yield page;
    }
  } finally {
    // Who stops early must find the connection idle.
    await reading?.rows.catch(() => undefined);
  }
}

async function endOfHole(database: Queryable, lane: number, at: number, upTo: number): Promise<number> {
  const [row] = await database.query<{ next: number | null }>(READ_NEXT_POSITION, [lane, at]);
  const next = row?.next ?? null;
  return next === null ? upTo : Math.min(next - 1, upTo);
}

function sizeAfter(page: readonly StoredEvent[]): number {
  if (page.length === 0) return FIRST_PAGE;
  const characters = page.reduce((sum, event) => sum + event.content.length, 0);
  const fitting = Math.floor(PAGE_CHARACTERS / (characters / page.length + 1));
  return Math.max(SMALLEST_PAGE, Math.min(LARGEST_PAGE, fitting));
}
