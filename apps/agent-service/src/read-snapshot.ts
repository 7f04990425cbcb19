import type { StandsAt } from '#libs/contracts';

/** What can be asked of one state of the read models; TypeORM's entity manager is one. */
export interface ReadSnapshot {
  query<Rows>(text: string, parameters?: unknown[]): Promise<Rows>;
}

/** What gives such a state; TypeORM's data source is one. */
export interface SnapshotSource<Snapshot extends ReadSnapshot> {
  transaction<Result>(isolation: 'REPEATABLE READ', work: (snapshot: Snapshot) => Promise<Result>): Promise<Result>;
}

/** A projection that never ran in this life of the store stands at 0, and so does what is read with it. */
const LEAST_CHECKPOINT = `
select coalesce(min(coalesce(c.position, 0)), 0)::float8 as position
from unnest($1::text[]) as wanted (name)
left join projections p on p.name = wanted.name
left join checkpoints c
  on c.name = p.name and c.version = p.active_version and c.epoch = (select max(epoch) from incarnations)`;

/**
 * Answers from one state of several read models, and says up to where in the log all of them had come: the least
 * of their checkpoints, so that it never claims more than is shown.
 * @param projections those that `work` reads, `agent.stock-levels`
 */
export function standing<Snapshot extends ReadSnapshot, Answer extends object>(
  source: SnapshotSource<Snapshot>,
  projections: readonly string[],
  work: (snapshot: Snapshot) => Promise<Answer>,
): Promise<Answer & Readonly<{ standsAt: StandsAt }>> {
  return source.transaction('REPEATABLE READ', async (snapshot) => {
    const [least] = await snapshot.query<{ position: number }[]>(LEAST_CHECKPOINT, [projections]);
    const answer = await work(snapshot);
    return { ...answer, standsAt: { log: 'agent', position: least?.position ?? 0 } };
  });
}
