import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { position, START } from '../event-store.ts';
import { openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { ProjectionRebuild } from '../rebuild/projection-rebuild.ts';
import { appendCounted, foldOfLog, rowsOf, TABLE, totals } from '../rebuild/rebuild-fixture.contract.ts';
import { createCheckpoint, lockCheckpoint, readCheckpoint } from './checkpoints.ts';
import { beginEpoch, currentEpoch, sharedUpTo, storeLives } from './epochs.ts';
import { LogTail } from './log-tail.ts';
import { CheckpointOfOlderEpoch } from './subscription.errors.ts';
import { Subscription } from './subscription.ts';

jest.setTimeout(30_000);

describe('an epoch of the store', () => {
  let log: LogFixture;
  const followers: Subscription[] = [];

  beforeEach(async () => {
    log = await openLog();
    await log.database.query(TABLE);
  });
  afterEach(async () => {
    await Promise.all(followers.splice(0).map((one) => one.stop()));
    await log.close();
  });

  async function follow(onFailure?: (error: unknown) => void): Promise<Subscription> {
    const subscription = new Subscription({
      ...log,
      subscriber: totals(1),
      pollMs: 30,
      ...(onFailure ? { onFailure } : {}),
    });
    followers.push(subscription);
    await subscription.start();
    return subscription;
  }
  const caughtUp = (): Promise<unknown> =>
    eventually(async () => {
      expect((await readCheckpoint(log.database, 'agent.totals', 1)).position).toBe(await log.store.head());
    });

  it('carries over the checkpoints that lie within the log, and names those beyond it', async () => {
    await appendCounted(log.store, 20);
    await createCheckpoint(log.database, 'agent.within', 1, position(20));
    await createCheckpoint(log.database, 'agent.beyond', 3, position(21));

    const carried = await beginEpoch(log.database, 'restored from a backup');

    expect(carried).toEqual([
      { name: 'agent.beyond', version: 3, position: 21, carried: false },
      { name: 'agent.within', version: 1, position: 20, carried: true },
    ]);
    expect(await currentEpoch(log.database)).toBe(2);
    expect((await readCheckpoint(log.database, 'agent.within', 1)).position).toBe(20);
    expect((await readCheckpoint(log.database, 'agent.beyond', 3)).position).toBe(START);
    await expect(
      log.store.transaction((transaction) => lockCheckpoint(transaction, 'agent.beyond', 3)),
    ).rejects.toThrow(CheckpointOfOlderEpoch);
  });

  it('shares with those before it what lay in the log when each of them began', async () => {
    await appendCounted(log.store, 40);
    await beginEpoch(log.database, 'restored');
    await appendCounted(log.store, 30);
    await beginEpoch(log.database, 'restored again');

    const lives = await storeLives(log.database);

    expect(lives).toEqual([
      { epoch: 3, began: 70 },
      { epoch: 2, began: 40 },
      { epoch: 1, began: 0 },
    ]);
    const shared = (epoch: number, at: number) => sharedUpTo({ epoch, position: position(at) }, lives);
    expect([shared(1, 100), shared(1, 30), shared(2, 100), shared(2, 60), shared(3, 100)]).toEqual([
      40, 30, 70, 60, 100,
    ]);
  });

  it('goes on with a running subscription, once for each event', async () => {
    await appendCounted(log.store, 100);
    const subscription = await follow();
    await caughtUp();

    await beginEpoch(log.database, 'drill');
    await appendCounted(log.store, 100);
    await caughtUp();

    expect(subscription.status).toMatchObject({ state: 'following', failing: false });
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
  });

  it('applies no event that was read in the epoch before, though the position is the same', async () => {
    await appendCounted(log.store, 50);
    await follow();
    await caughtUp();

    // While the subscription holds new events in memory and waits for its checkpoint, others take their place.
    await log.store.transaction(async (transaction) => {
      await lockCheckpoint(transaction, 'agent.totals', 1);
      await appendCounted(log.store, 20);
      const tail = LogTail.of(log.store);
      await eventually(() => {
        expect(tail.held.events).toBeGreaterThan(50);
      });
      await transaction.query('alter table events disable trigger events_are_immutable');
      await transaction.query(`update events set data = '{"number": 1000}' where position > 50`);
      await transaction.query('alter table events enable trigger events_are_immutable');
      await beginEpoch(transaction, 'restored');
    });
    await caughtUp();

    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
  });

  it('says that a projection beyond the log needs a rebuild, which puts it right', async () => {
    await appendCounted(log.store, 100);
    const subscription = await follow();
    await caughtUp();
    // As after a restore to an earlier moment: rows and checkpoint know events that the log does not hold.
    await log.database.query("update checkpoints set position = 5000 where name = 'agent.totals'");
    await log.database.query("update totals set total = total + 7 where stream = 'item-s-1'");
    await beginEpoch(log.database, 'restored');
    await appendCounted(log.store, 10);

    await eventually(() => subscription.status.state === 'needs-rebuild');
    expect(subscription.status).toMatchObject({
      failing: true,
      detail: expect.stringContaining('npm run rebuild -- <service> agent.totals'),
    });

    const outcome = await new ProjectionRebuild({ ...log, table: totals(1).table }).run();
    expect(outcome).toMatchObject({ isSwitched: true, comparison: { outcome: 'skipped' } });
    await appendCounted(log.store, 10);
    await caughtUp();
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
    await eventually(() => subscription.status.state === 'following');
  });
});
