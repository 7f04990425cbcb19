import type { z } from 'zod';
import type { Page } from '#libs/contracts';
import { RequestInvalid } from '../problems/http.errors.ts';

/** What a place in a list is made of: a position, an id, or the columns that order the list. */
type Place = string | number | readonly (string | number)[];

export type PageParts<Row, Item> = Readonly<{
  /** Rows in the list's order, read with `limit + 1`: the one too many says that there are more. */
  rows: readonly Row[];
  limit: number;
  itemOf: (row: Row) => Item;
  /** Where a row stands in the order; `placeOfCursor` gives it back. */
  placeOf: (row: Row) => Place;
}>;

/** One page of a list, with the cursor of the next one. */
export function pageOfRows<Row, Item>({ rows, limit, itemOf, placeOf }: PageParts<Row, Item>): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit;
  return { data: shown.map(itemOf), nextCursor: hasMore && last ? cursorOf(placeOf(last)) : null, hasMore };
}

/**
 * The place that a cursor stands for.
 * @throws RequestInvalid for a cursor that no page of this list gave
 */
export function placeOfCursor<Value extends Place>(cursor: string, schema: z.ZodType<Value>): Value {
  const place = schema.safeParse(decoded(cursor));
  if (place.success) return place.data;
  const detail = 'is no cursor of this list: pass the "nextCursor" of its last page';
  throw new RequestInvalid([{ pointer: '#/query/after', detail }]);
}

const cursorOf = (place: Place): string => Buffer.from(JSON.stringify(place)).toString('base64url');

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    // No JSON is no place; the schema says so.
    return undefined;
  }
}
