import type { Queryable } from '#libs/event-store';
import { beginEpoch, Database } from '#libs/event-store';
import { readLog } from './read-history.ts';
import type { BusSystem } from './system.ts';
import { PRODUCER } from './tables.ts';

/** What a backup of that moment holds: the log up to there, and everything that is derived from it. */
const TAKE_AWAY = [
  'alter table events disable trigger events_are_immutable',
  'delete from events where position > $1',
  'alter table events enable trigger events_are_immutable',
  'delete from idempotency_keys where first_position > $1',
  `delete from streams s where not exists (
     select from events e where e.tenant = s.tenant and e.stream_id = s.stream_id)`,
  `update streams s set version = e.version, last_position = e.position
   from (select tenant, stream_id, max(stream_version) as version, max(position) as position from events group by 1, 2) e
   where e.tenant = s.tenant and e.stream_id = s.stream_id and s.last_position > $1`,
  'update lanes set position = $1, hash = (select e.hash from events e where e.lane = lanes.lane and e.position = $1)',
  `update relay_progress set scanned_position = least(scanned_position, $1), published_position = least(published_position, $1)`,
];

/** Puts the log back to where it was some events ago, as a restore does; no producer runs. */
export async function restoreLog(system: BusSystem, events: number): Promise<void> {
  const { url } = system.postgres;
  const database = new Database({ url, schema: PRODUCER, applicationName: 'restore', poolSize: 1 });
  try {
    await database.transaction(async (connection) => {
      const [kept] = await connection.query<{ position: number }>(
        'select position from events where lane = 0 order by position desc offset $1 limit 1',
        [events],
      );
      if (!kept) throw new Error(`The log has no ${events} events.`);
      const voided = await readLog(connection, kept.position);
      await takeAway(connection, kept.position);
      await beginEpoch(connection, 'restored by the spec');
      system.voided.push(...voided);
      system.forgetApplied(kept.position);
    });
  } finally {
    await database.close();
  }
}

async function takeAway(connection: Queryable, beyond: number): Promise<void> {
  for (const statement of TAKE_AWAY) await connection.query(statement, statement.includes('$1') ? [beyond] : []);
}
