import type { Queryable } from '../event-store.ts';

/** A lease that is held: renew it well before `ttlMs` has passed. */
export type Lease = Readonly<{
  name: string;
  /** Rises each time the lease changes hands. */
  fence: number;
}>;

const ACQUIRE = `
insert into leases as l (name, owner, fence, until)
values ($1, $2, 1, clock_timestamp() + $3 * interval '1 millisecond')
on conflict (name) do update
  set owner = excluded.owner,
      fence = case when l.owner = excluded.owner then l.fence else l.fence + 1 end,
      until = excluded.until
  where l.owner = excluded.owner or l.until < clock_timestamp()
returning fence`;

const RELEASE = 'update leases set until = clock_timestamp() where name = $1 and owner = $2';

/**
 * Takes or renews a lease, or reports that another owner has it.
 *
 * Postgres decides the time, so the clocks of the instances do not matter. Who gets `undefined` must
 * stop; who loses the connection must stop before `ttlMs` is over.
 */
export async function acquireLease(
  database: Queryable,
  name: string,
  owner: string,
  ttlMs: number,
): Promise<Lease | undefined> {
  const [row] = await database.query<{ fence: number }>(ACQUIRE, [name, owner, ttlMs]);
  return row && { name, fence: row.fence };
}

/** Gives a lease back, so that another instance has it at once. Harmless when it is not held. */
export async function releaseLease(database: Queryable, name: string, owner: string): Promise<void> {
  await database.query(RELEASE, [name, owner]);
}
