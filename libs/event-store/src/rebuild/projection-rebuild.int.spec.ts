import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { readCheckpoint } from '../subscriptions/checkpoints.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { ProjectionRebuild, type RebuildOptions } from './projection-rebuild.ts';
import { beginRebuild, registerProjection, rollBackProjection } from './projection-registry.ts';
import { RebuildDiffers } from './rebuild.errors.ts';
import { appendCounted, foldOfLog, INDEX, rowsOf, TABLE, totals } from './rebuild-fixture.contract.ts';

jest.setTimeout(60_000);

describe('a rebuild of a projection', () => {
  let log: LogFixture;
  const followers: Subscription[] = [];

  beforeEach(async () => {
    log = await openLog();
    await log.database.query(TABLE);
    await log.database.query(INDEX);
  });
  afterEach(async () => {
    await Promise.all(followers.splice(0).map((one) => one.stop()));
    await log.close();
  });

  async function follow(version = 1): Promise<Subscription> {
    const subscription = new Subscription({ ...log, subscriber: totals(version), pollMs: 30 });
    followers.push(subscription);
    await subscription.start();
    return subscription;
  }

  const rebuild = (version: number, options: Partial<RebuildOptions> = {}): ProjectionRebuild =>
    new ProjectionRebuild({ ...log, table: totals(version).table, ...options });
  const caughtUp = (): Promise<unknown> =>
    eventually(
      async () => {
        expect((await readCheckpoint(log.database, 'agent.totals', 0)).position).toBe(await log.store.head());
      },
      { withinMs: 20_000 },
    );

  it('switches to a new version that holds what the whole log gives, while writers append', async () => {
    await follow(1);
    await appendCounted(log.store, 3_000);
    const writing = new AbortController();
    const writer = (async () => {
      while (!writing.signal.aborted) await appendCounted(log.store, 50);
    })();

    const outcome = await rebuild(2).run();
    const newRelease = await follow(2);
    writing.abort();
    await writer;
    await caughtUp();

    expect(outcome).toMatchObject({ isSwitched: true, comparison: { outcome: 'compared', missing: 0, extra: 0 } });
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 2));
    expect(newRelease.status).toMatchObject({ state: 'following', failing: false });
    await eventually(() => followers[0]?.status.state === 'superseded');
  });

  it('folds by slots or in one piece to the same rows', async () => {
    await appendCounted(log.store, 2_000);
    await follow(1);
    await caughtUp();
    for (const rowsShare of ['any', 'one-stream'] as const) {
      const outcome = await rebuild(1, { table: totals(1, rowsShare).table, workers: 3 }).run();
      expect(outcome).toMatchObject({ isSwitched: true, comparison: { differing: 0, missing: 0, extra: 0 } });
    }
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
  });

  it('goes on after kill -9 where it stopped, and counts nothing twice', async () => {
    await appendCounted(log.store, 30_000);
    await registerProjection(log.database, totals(1).table);
    const kills = [2_000, 12_000];
    for (const killAt of kills) expect(await killedBeyond(log.url, killAt)).toBe('SIGKILL');
    const [part] = await beginRebuild(log.database, totals(2).table, 4);
    expect(part).toMatchObject({ isResumed: true, parts: 4 });
    expect(part?.position).toBeGreaterThan(10_000);

    const outcome = await rebuild(2).run();

    expect(outcome).toMatchObject({ isResumed: true, isSwitched: true });
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 2));
  });

  it('writes nothing twice when two instances rebuild at once', async () => {
    await appendCounted(log.store, 8_000);
    await registerProjection(log.database, totals(1).table);

    const outcomes = await Promise.allSettled(
      Array.from({ length: 3 }, () => rebuild(2, { eventsPerWrite: 250 }).run()),
    );

    expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    const standing = await registerProjection(log.database, totals(2).table);
    if (standing.standing !== 'current') await rebuild(2).run();
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 2));
  });

  it('never shows a reader an empty or a mixed table', async () => {
    await appendCounted(log.store, 1_000);
    await follow(1);
    await caughtUp();
    const before = JSON.stringify(await rowsOf(log.database));
    const after = JSON.stringify(await foldOfLog(log.store, 2));
    const seen = new Set<string>();
    const reading = new AbortController();
    const readers = Array.from({ length: 3 }, async () => {
      while (!reading.signal.aborted) seen.add(JSON.stringify(await rowsOf(log.database)));
    });

    await rebuild(2).run();
    await eventually(() => seen.has(after));
    reading.abort();
    await Promise.all(readers);

    expect(seen).toEqual(new Set([before, after]));
  });

  it('never takes readers back to a position before the one that they saw', async () => {
    await follow(1);
    await appendCounted(log.store, 200);
    await caughtUp();
    let seen = 0;

    const outcome = await rebuild(1, {
      confirm: async () => {
        await appendCounted(log.store, 100);
        await caughtUp();
        seen = (await readCheckpoint(log.database, 'agent.totals', 1)).position;
        return true;
      },
    }).run();

    expect(seen).toBe(300);
    expect(outcome.position).toBeGreaterThanOrEqual(seen);
  });

  it('keeps the names of indexes, and the rights of others', async () => {
    const facts = (): Promise<unknown> =>
      log.database.query(
        `select indexname, indexdef from pg_indexes where tablename = 'totals' and schemaname = current_schema()
         order by indexname`,
      );
    const before = await facts();
    await appendCounted(log.store, 20);
    await rebuild(1).run();
    await rebuild(2).run();
    expect(await facts()).toEqual(before);
    await rollBackProjection(log.database, 'agent.totals');
    expect(await facts()).toEqual(before);
  });

  it('refuses to switch to rows of the same version that differ, and names them', async () => {
    await appendCounted(log.store, 400);
    await follow(1);
    await caughtUp();
    await log.database.query("update totals set total = total + 1 where stream = 'item-s-1'");
    await log.database.query("delete from totals where stream = 'item-s-2'");
    await log.database.query("insert into totals values ('planted', 1, 1, 1)");

    await expect(rebuild(1).run()).rejects.toThrow(RebuildDiffers);
    const { comparison } = await rebuild(1, { compareOnly: true }).run();
    expect(comparison).toMatchObject({ outcome: 'compared', missing: 1, extra: 1, differing: 1 });
    expect(comparison).toHaveProperty('examples', [
      { key: { stream: 'item-s-1' }, old: { total: expect.any(Number) }, new: { total: expect.any(Number) } },
      { key: { stream: 'item-s-2' }, old: null, new: expect.objectContaining({ stream: 'item-s-2' }) },
      { key: { stream: 'planted' }, old: expect.objectContaining({ total: 1 }), new: null },
    ]);

    expect(await rebuild(1, { acceptDifferences: true }).run()).toMatchObject({ isSwitched: true });
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
  });

  it('rolls back to the previous rows, which catch up, and does not rebuild the refused version by itself', async () => {
    await appendCounted(log.store, 500);
    await follow(1);
    await caughtUp();
    await rebuild(2).run();
    await appendCounted(log.store, 500);

    const rolledBack = await rollBackProjection(log.database, 'agent.totals');

    expect(rolledBack).toMatchObject({ activeVersion: 1, refusedVersion: 2, position: 500 });
    const refused = await follow(2);
    await caughtUp();
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 1));
    expect(refused.status).toMatchObject({ state: 'refused', failing: false });
    expect((await rebuild(2).run()).isSwitched).toBe(true);
    await eventually(() => refused.status.state === 'following');
  });

  it('takes a table that a migration made for the new version, of another shape', async () => {
    await appendCounted(log.store, 300);
    await follow(1);
    await caughtUp();
    await log.database.query(
      TABLE.replace('totals', 'totals__rebuild').replace('last_position', "unit text default 'each', last_position"),
    );

    const { comparison } = await rebuild(2).run();

    expect(comparison).toMatchObject({ outcome: 'compared', columnsOfOneSide: ['unit'] });
    expect(await log.database.query('select distinct unit from totals')).toEqual([{ unit: 'each' }]);
    expect(await rowsOf(log.database)).toEqual(await foldOfLog(log.store, 2));
  });
});

/** Runs a rebuild to version 2 in a process of its own, and kills it once it is beyond a position. */
async function killedBeyond(url: string, killAt: number): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/rebuild-child.contract.ts`, url, 'agent', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const [phase, done] = line.split(' ');
    if (phase === 'folding' && Number(done) > killAt) child.kill('SIGKILL');
  }
  const [, signal] = (await exit) as [number | null, NodeJS.Signals | null];
  return signal;
}
