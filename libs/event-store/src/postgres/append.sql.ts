import type { PreparedStatement } from '../event-store.ts';

/** Serialises the appends of one lane, and says what the log holds of a batch's streams and keys. Indexes: primary keys. */
export const LOCK_LANE: PreparedStatement = {
  name: 'lock_lane',
  text: 'select lock_lane($1, $2, $3, $4, $5) as state',
};

/** One array for each column of `BatchParameters`, in their order. */
export const APPEND_BATCH: PreparedStatement = {
  name: 'append_batch',
  text: `select append_batch(${Array.from({ length: 30 }, (_, index) => `$${index + 1}`).join(', ')}) as stored_at`,
};
