import { z } from 'zod';
import type { ListQuery } from '#libs/contracts';
import type { DeadLetterItem, DeadLetterPage } from '#libs/messaging';
import { pageOfRows, placeOfCursor } from '../lists/page.ts';

type Read = (cut: Readonly<{ limit: number; after: number | undefined }>) => Promise<readonly DeadLetterItem[]>;

/** One page of what `read` finds. @throws RequestInvalid for a cursor that no page gave */
export async function deadLetterPage({ limit, after }: ListQuery, read: Read): Promise<DeadLetterPage> {
  const place = after === undefined ? undefined : placeOfCursor(after, z.int().positive());
  const rows = await read({ limit: limit + 1, after: place });
  return pageOfRows({ rows, limit, itemOf: (item) => item, placeOf: ({ deadLetterId }) => deadLetterId });
}
