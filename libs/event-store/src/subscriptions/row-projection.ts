import type { ProjectedTable, Row, RowProjection } from './projected-table.ts';
import { ProjectionFold } from './row-fold.ts';
import type { Subscriber } from './subscriber.ts';

export type { RowProjection };

/** A projection as a subscriber. */
export type TableSubscriber = Subscriber & Readonly<{ table: ProjectedTable }>;

/** Rows are folded in memory and each is written once, so larger batches cost less. */
const BATCH_SIZE = 2_000;

/**
 * Turns the fold into a subscriber: reads the rows that a batch concerns, folds in memory, and writes
 * each changed row once.
 */
export function projectRows<Key extends Row, Value extends Key>(
  projection: RowProjection<Key, Value>,
): TableSubscriber {
  const { name, version, handles, table, keyColumns, rowsOf = 'any' } = projection;
  return {
    name,
    version,
    handles,
    batchSize: BATCH_SIZE,
    table: {
      name,
      version,
      table,
      keyColumns,
      handles,
      rowsOf,
      foldInto: (into, startsEmpty) => new ProjectionFold(projection, { table: into, startsEmpty }),
    },
    apply: async (events, transaction) => {
      const fold = new ProjectionFold(projection, { table, startsEmpty: false });
      await fold.fold(events, transaction);
      await fold.takeChanges().write(transaction);
    },
  };
}
