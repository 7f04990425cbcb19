import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readLogProgress } from './log-progress.ts';
import { counted, openLog, type LogFixture } from './postgres/log-fixture.contract.ts';
import { createCheckpoint, moveCheckpoint } from './subscriptions/checkpoints.ts';
import { position } from './event-store.ts';

const STOCK = { name: 'agent.stock', version: 1 };
const DECISIONS = { name: 'agent.decisions', version: 1 };

let log: LogFixture;

beforeAll(async () => {
  log = await openLog();
  await log.store.append(counted('a', 'no-stream', 1, 2, 3));
});

afterAll(() => log.close());

beforeEach(async () => {
  await log.database.query('delete from checkpoints');
  await log.database.query('delete from projections');
});

async function standing(subscriber: typeof STOCK, at: number): Promise<void> {
  await createCheckpoint(log.database, subscriber.name, subscriber.version);
  await moveCheckpoint(log.database, subscriber.name, subscriber.version, position(at));
}

describe('the progress of a log', () => {
  it('is its epoch, its head, and where each subscriber stands, in their order', async () => {
    await standing(STOCK, 3);
    await standing(DECISIONS, 2);

    expect(await readLogProgress(log.database, [DECISIONS, STOCK])).toEqual({
      epoch: 1,
      head: 3,
      subscribers: [
        { name: 'agent.decisions', position: 2 },
        { name: 'agent.stock', position: 3 },
      ],
    });
  });

  it('needs no subscribers, and begins at the start for one that never ran', async () => {
    expect(await readLogProgress(log.database, [])).toEqual({ epoch: 1, head: 3, subscribers: [] });
    expect((await readLogProgress(log.database, [STOCK])).subscribers).toEqual([{ name: STOCK.name, position: 0 }]);
  });

  it('is that of the rows which are shown, whatever version asks', async () => {
    await standing({ ...STOCK, version: 1 }, 3);
    await standing({ ...STOCK, version: 2 }, 1);
    const positionFor = async (version: number) =>
      (await readLogProgress(log.database, [{ ...STOCK, version }])).subscribers[0]?.position;
    expect([await positionFor(1), await positionFor(2)]).toEqual([3, 1]);

    await log.database.query("insert into projections (name, table_name, active_version) values ($1, 'stock', 1)", [
      STOCK.name,
    ]);

    expect([await positionFor(1), await positionFor(2)]).toEqual([3, 3]);
  });

  it('does not take a checkpoint of before a restore for one of now', async () => {
    await standing(STOCK, 3);
    await log.database.query("insert into incarnations (epoch, id, reason) values (2, gen_random_uuid(), 'restored')");

    expect(await readLogProgress(log.database, [STOCK])).toEqual({
      epoch: 2,
      head: 3,
      subscribers: [{ name: STOCK.name, position: 0 }],
    });
  });
});
