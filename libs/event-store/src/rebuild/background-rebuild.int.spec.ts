import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { readCheckpoint } from '../subscriptions/checkpoints.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import type { RebuildReport } from './background-rebuild.ts';
import { registerProjection } from './projection-registry.ts';
import { appendCounted, foldOfLog, rowsOf, TABLE, totals } from './rebuild-fixture.contract.ts';

jest.setTimeout(30_000);

describe('a release with a new version of a projection', () => {
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

  async function release(version: number, onRebuild?: (report: RebuildReport) => void): Promise<Subscription> {
    const subscription = new Subscription({
      ...log.connect(),
      subscriber: totals(version),
      pollMs: 30,
      ...(onRebuild ? { onRebuild } : {}),
    });
    followers.push(subscription);
    await subscription.start();
    return subscription;
  }
  const caughtUp = (version: number): Promise<unknown> =>
    eventually(
      async () => {
        expect(await registerProjection(log.database, totals(version).table)).toMatchObject({ standing: 'current' });
        expect((await readCheckpoint(log.database, 'agent.totals', version)).position).toBe(await log.store.head());
      },
      { withinMs: 20_000 },
    );

  it('rebuilds in the background while the old release goes on, and counts nothing twice', async () => {
    await appendCounted(log.store, 600);
    const old = await release(1);
    await caughtUp(1);
    const reports: RebuildReport[] = [];

    const fresh = [
      await release(2, (report) => reports.push(report)),
      await release(2, (report) => reports.push(report)),
    ];
    await appendCounted(log.store, 600);
    await caughtUp(2);
    await appendCounted(log.store, 100);
    await caughtUp(2);

    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 2));
    expect(reports.map(({ phase }) => phase)).toContain('switching');
    await eventually(() => old.status.state === 'superseded');
    for (const one of fresh) await eventually(() => one.status.state === 'following');
    expect(fresh.map(({ status }) => status.failing)).toEqual([false, false]);
  });

  it('shows the old rows, and where they stand, until it has switched', async () => {
    await appendCounted(log.store, 200);
    const old = await release(1);
    await caughtUp(1);
    await old.stop();
    // Somebody else has the lease: the rebuild has to wait.
    await log.database.query(
      "insert into leases values ('rebuild:agent.totals', 'another', 1, now() + interval '1 minute')",
    );

    const fresh = await release(2);
    await appendCounted(log.store, 50);

    await eventually(() => fresh.status.state === 'rebuilding');
    expect(fresh.status.detail).toContain('its table holds version 1');
    expect((await readCheckpoint(log.database, 'agent.totals', 2)).position).toBe(200);
    expect(await rowsOf(log.database)).toEqual(
      (await foldOfLog(log.store, 1)).map((row) => expect.objectContaining({ stream: row.stream })),
    );
    expect((await log.database.query('select 1 from checkpoints where version = 2')).length).toBe(0);
  });
});
