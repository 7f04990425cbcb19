import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually, startFaultProxy, type FaultProxy } from '#libs/testing';
import { LeasedWork, type LeasedWorkOptions } from './leased-work.ts';
import { acquireLease } from './leases.ts';
import { openLog, type LogFixture } from './log-fixture.contract.ts';

const TTL_MS = 900;

/** Notes who works, and whether two ever did at the same time. */
function worksite() {
  const atWork = new Set<string>();
  const shifts: string[] = [];
  let mostAtOnce = 0;
  return {
    atWork,
    shifts,
    get mostAtOnce() {
      return mostAtOnce;
    },
    worker: (owner: string) => async (signal: AbortSignal) => {
      atWork.add(owner);
      shifts.push(owner);
      mostAtOnce = Math.max(mostAtOnce, atWork.size);
      if (!signal.aborted) await once(signal, 'abort');
      atWork.delete(owner);
    },
  };
}

jest.setTimeout(30_000);

describe('leased work', () => {
  let log: LogFixture;
  let proxy: FaultProxy;
  const started: LeasedWork[] = [];

  beforeAll(async () => {
    log = await openLog();
    const { hostname, port } = new URL(log.url);
    proxy = await startFaultProxy({ targetHost: hostname, targetPort: Number(port) });
  });
  afterEach(async () => {
    await proxy.heal();
    await Promise.all(started.splice(0).map((work) => work.stop()));
  });
  afterAll(async () => {
    await log.close();
    await proxy.close();
  });

  function start(name: string, owner: string, options: Pick<LeasedWorkOptions, 'work'> & Partial<LeasedWorkOptions>) {
    const work = new LeasedWork({
      database: log.database,
      name,
      owner,
      ttlMs: TTL_MS,
      onFailure: () => undefined,
      ...options,
    });
    work.start();
    started.push(work);
    return work;
  }

  it('is done by one of two instances, and by the other as soon as the first one stops', async () => {
    const site = worksite();
    const works = new Map(
      ['a', 'b'].map((owner) => [owner, start('handed-over', owner, { work: site.worker(owner) })]),
    );

    for (let round = 1; round <= 4; round += 1) {
      await eventually(() => site.shifts.length === round);
      const owner = site.shifts.at(-1) ?? '';
      await works.get(owner)?.stop();
      expect(site.atWork.has(owner)).toBe(false);
      works.set(owner, start('handed-over', owner, { work: site.worker(owner) }));
    }

    expect(site.mostAtOnce).toBe(1);
  });

  it('keeps its holder for as long as that lives', async () => {
    const site = worksite();
    start('kept', 'a', { work: site.worker('a') });
    await eventually(() => site.atWork.has('a'));
    start('kept', 'b', { work: site.worker('b') });
    const startedAt = performance.now();

    await eventually(() => performance.now() - startedAt > 2 * TTL_MS);

    expect(site.shifts).toEqual(['a']);
  });

  it('is taken over within its time when the holder is gone without a word', async () => {
    await acquireLease(log.database, 'orphaned', 'dead', TTL_MS);
    const site = worksite();

    start('orphaned', 'b', { work: site.worker('b') });

    expect(site.shifts).toEqual([]);
    // Up to a third of the time passes between two looks.
    await eventually(() => site.shifts.length === 1, { withinMs: TTL_MS * 2 });
  });

  it.each(['an answer that does not come', 'a connection that breaks'])(
    'ends before another takes over, also by %s',
    async (fault) => {
      const site = worksite();
      const url = new URL(log.url);
      url.port = String(proxy.port);
      const remote = log.connect({ url: url.href });
      const failures: unknown[] = [];
      start(fault, 'far', {
        database: remote.database,
        work: site.worker('far'),
        onFailure: (error) => failures.push(error),
      });
      await eventually(() => site.atWork.has('far'));
      start(fault, 'near', { work: site.worker('near') });

      if (fault.startsWith('an answer')) proxy.blackhole(true);
      else {
        await proxy.refuse(true);
        proxy.cut();
      }

      await eventually(() => site.atWork.has('near'), { withinMs: 2 * TTL_MS });
      expect(site.shifts).toEqual(['far', 'near']);
      expect(site.mostAtOnce).toBe(1);
      expect(failures).not.toEqual([]);
      await proxy.heal();
    },
  );

  it('is told a higher fence each time that it changes hands, and the same when it begins anew', async () => {
    const fences: number[] = [];
    const noting = async (signal: AbortSignal, fence: number): Promise<void> => {
      fences.push(fence);
      if (fences.length !== 1) await once(signal, 'abort');
    };
    const first = start('fenced', 'a', { work: noting });
    await eventually(() => fences.length === 2);
    await first.stop();
    start('fenced', 'b', { work: noting });
    await eventually(() => fences.length === 3);

    expect(fences).toEqual([1, 1, 2]);
  });

  it('ends when the lease was another\u2019s in between, though it is its own again', async () => {
    const site = worksite();
    start('returned', 'a', { work: site.worker('a') });
    await eventually(() => site.atWork.has('a'));

    await log.database.query("update leases set fence = fence + 2 where name = 'returned'");

    await eventually(() => site.shifts.length === 2);
    expect(site.mostAtOnce).toBe(1);
  });

  it('is tried again when it throws, and tells why', async () => {
    const failures: unknown[] = [];
    let attempts = 0;

    start('throws', 'a', {
      work: () => {
        attempts += 1;
        return Promise.reject(new Error(`attempt ${attempts}`));
      },
      onFailure: (error) => failures.push(error),
    });

    await eventually(() => attempts >= 2);
    expect(failures).toContainEqual(new Error('attempt 1'));
  });

  it('stops although its database does not answer', async () => {
    const site = worksite();
    const url = new URL(log.url);
    url.port = String(proxy.port);
    const remote = log.connect({ url: url.href });
    const work = start('stopped', 'far', { database: remote.database, work: site.worker('far') });
    await eventually(() => site.atWork.has('far'));

    proxy.blackhole(true);
    await eventually(() => work.stop(), { withinMs: 2 * TTL_MS });

    expect(site.atWork.size).toBe(0);
  });
});
