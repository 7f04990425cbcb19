import type { Queryable } from '../event-store.ts';

/** What one turn of the upkeep did. */
export type LogUpkeepResult = Readonly<{ partitionsMade: number; keysForgotten: number }>;

/** @default room for 20 million more events, some minutes of the fastest writing that was measured */
const PARTITIONS_AHEAD = 20_000_000;
/** Keys that one statement forgets, so that none takes long. */
const KEYS_PER_STATEMENT = 5_000;
const STATEMENTS_PER_TURN = 20;

/**
 * Makes partitions ahead of need, and forgets the idempotency keys of appends before a time. Any number of processes may
 * do so at once.
 * @throws StoreUnavailable
 */
export async function keepUpLog(database: Queryable, forgetKeysBefore: Date): Promise<LogUpkeepResult> {
  const [made] = await database.query<{ partitions: number }>('select create_partitions_ahead($1) as partitions', [
    PARTITIONS_AHEAD,
  ]);
  let keysForgotten = 0;
  for (let statement = 0; statement < STATEMENTS_PER_TURN; statement += 1) {
    const [row] = await database.query<{ keys: number }>('select forget_idempotency_keys($1, $2) as keys', [
      forgetKeysBefore,
      KEYS_PER_STATEMENT,
    ]);
    keysForgotten += row?.keys ?? 0;
    if ((row?.keys ?? 0) < KEYS_PER_STATEMENT) break;
  }
  return { partitionsMade: made?.partitions ?? 0, keysForgotten };
}
