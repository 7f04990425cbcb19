import { z } from 'zod';

/** Most items that one page of a list has. */
export const MAXIMUM_PAGE_SIZE = 200;
/** Items of a page when nobody says how many. */
export const DEFAULT_PAGE_SIZE = 50;

/** Opaque place in a list; it comes from `nextCursor` and is valid for the same filters only. */
export const cursorSchema = z.string().min(1).max(500);

/** Query of every list; numbers come as text in URLs and are read as numbers. */
export const listQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(MAXIMUM_PAGE_SIZE).default(DEFAULT_PAGE_SIZE),
  after: cursorSchema.optional(),
});
/** Query of every list, with defaults filled in. */
export type ListQuery = Readonly<z.output<typeof listQuerySchema>>;

/** One page of a list. */
export type Page<Item> = Readonly<{
  data: readonly Item[];
  /** Pass it as `after`; `null` on the last page. */
  nextCursor: string | null;
  hasMore: boolean;
}>;

/** The schema of one page of items. */
export function pageOf<Item extends z.ZodType>(
  item: Item,
): z.ZodObject<{ data: z.ZodArray<Item>; nextCursor: z.ZodNullable<typeof cursorSchema>; hasMore: z.ZodBoolean }> {
  return z.object({ data: z.array(item), nextCursor: cursorSchema.nullable(), hasMore: z.boolean() });
}
