import type { Database } from '#libs/event-store';
import { numberOf, type BusFixture } from '../bus-fixture.contract.ts';

/** Takes a log back, as a restore of a backup does: what lay beyond `last` is gone. */
export async function takeBack(
  database: Database,
  last: number,
  { beginsEpoch = true }: Readonly<{ beginsEpoch?: boolean }> = {},
): Promise<void> {
  await database.transaction(async (transaction) => {
    // No trigger runs then, so that events can be deleted.
    await transaction.query('set local session_replication_role = replica');
    await transaction.query('delete from events where position > $1', [last]);
    await transaction.query(
      'delete from streams s where not exists (select from events e where e.tenant = s.tenant and e.stream_id = s.stream_id)',
    );
    await transaction.query(
      `update streams s set (version, last_position) = (select max(stream_version), max(position) from events e
         where e.tenant = s.tenant and e.stream_id = s.stream_id)`,
    );
    await transaction.query('update lanes set position = $1, hash = (select hash from events where position = $1)', [
      last,
    ]);
    if (beginsEpoch) await transaction.query(`select begin_epoch('restored')`);
  });
}

/** What became of the numbers that the agent's log tells of now; empty lists mean: each once, in the order of its stream. */
export type Account = Readonly<{
  lost: readonly number[];
  doubled: readonly number[];
  outOfOrder: readonly number[];
  /** Applied, and not in the log any more. */
  void: readonly number[];
}>;

/** Compares numbers, since after a restore a position is another event. Each number must have been told once. */
export async function account(fixture: BusFixture): Promise<Account> {
  const rows = await fixture.health.database.query<{ number: number; stream: string }>(
    'select number, stream from applied order by n',
  );
  const inLog = await toldNumbers(fixture);
  const order = new Map(inLog.map((number, index) => [number, index]));
  const applied = rows.map(({ number }) => number);
  const perStream = Map.groupBy(
    rows.filter(({ number }) => order.has(number)),
    ({ stream }) => stream,
  );
  return {
    lost: inLog.filter((number) => !applied.includes(number)),
    doubled: applied.filter((number, index) => applied.indexOf(number) !== index),
    outOfOrder: [...perStream.values()].flatMap((effects) =>
      effects
        .map(({ number }) => number)
        .filter((number, index, all) => index > 0 && (order.get(number) ?? 0) < (order.get(all[index - 1] ?? 0) ?? 0)),
    ),
    void: [...new Set(applied.filter((number) => !order.has(number)))],
  };
}

/** Numbers that the agent tells of, in the order of its log. */
export async function toldNumbers(fixture: BusFixture): Promise<number[]> {
  const rows = await fixture.agent.database.query<{ data: unknown }>('select data from events order by position');
  return rows.map(({ data }) => numberOf(data)).filter((number) => number % 3 !== 0);
}
