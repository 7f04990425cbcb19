import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { START, type RecordedEvent } from '../event-store.ts';
import { counted, openLog, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { readCheckpoint } from '../subscriptions/checkpoints.ts';
import { Subscription } from '../subscriptions/subscription.ts';
import { EventTypes } from './event-types.ts';
import { ReadableEventStore } from './readable-event-store.ts';
import { refuseUnreadableLog } from './refuse-unreadable-log.ts';
import { Upcasters } from './upcasters.ts';
import { UnreadableLog } from './upcasting.errors.ts';

jest.setTimeout(30_000);

describe('the gate at the start', () => {
  let log: LogFixture;
  beforeAll(async () => {
    log = await openLog();
    await log.store.append(counted('old', 'any', 1, 2));
    const append = counted('new', 'any', 3);
    const events = [3, 4, 5].map((number) => ({ type: 'counted', typeVersion: 2, data: { count: number } }));
    await log.store.append({ ...append, events });
    await log.store.append({ ...append, events: [{ type: 'weighed', typeVersion: 1, data: { kilos: 6 } }] });
  });
  afterAll(() => log.close());

  const toVersion2 = new Upcasters([
    { type: 'counted', from: 1, upcast: (data) => ({ count: (data as { number: number }).number }) },
  ]);
  const weighed = { type: 'weighed', version: 1 };
  const all = new EventTypes([{ type: 'counted', version: 2 }, weighed], toVersion2);
  /** The release before: it knows neither version 2 nor weights. */
  const before = new EventTypes([{ type: 'counted', version: 1 }]);

  const running: Subscription[] = [];
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.stop()));
  });

  it('lets a service pass that can read all of its log', async () => {
    await expect(refuseUnreadableLog(log.database, all)).resolves.toBeUndefined();
  });

  it('refuses every other one, and says what it cannot read, where it is and what to do', async () => {
    const refusal: unknown = await refuseUnreadableLog(log.database, before).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(UnreadableLog);
    expect(refusal).toMatchObject({
      unreadable: [
        {
          type: 'counted',
          version: 2,
          firstPosition: 3,
          seen: { count: 3, lastPosition: 5, lastAt: expect.any(Date) },
        },
        { type: 'weighed', version: 1, firstPosition: 6, seen: { count: 1, lastPosition: 6 } },
      ],
      message: expect.stringMatching(
        /- counted version 2, first at position 3, 3 in all, last at position 5 \(\d{4}-.*\n- weighed version 1.*\n.*Deploy the release/,
      ),
    });
  });

  it('says what is unreadable also when it could not be counted in time', async () => {
    const { database } = log.connect();
    const slow = new Error('canceling statement due to statement timeout');
    jest.spyOn(database, 'transaction').mockRejectedValueOnce(slow);

    await expect(refuseUnreadableLog(database, before)).rejects.toMatchObject({
      unreadable: [{ type: 'counted', version: 2, firstPosition: 3 }, { type: 'weighed' }],
      cause: slow,
    });
  });

  it('is not asked again: a follower of an older release stops before a newer event, and the newer one goes on', async () => {
    const applied: Record<string, RecordedEvent[]> = { before: [], now: [] };
    const follow = async (release: 'before' | 'now', types: EventTypes): Promise<Subscription> => {
      const subscription = new Subscription({
        database: log.database,
        store: new ReadableEventStore(log.store, types),
        subscriber: {
          name: 'spec.counts',
          version: 1,
          // It does not even want the weights: whether nobody lost anything by that, an older release cannot know.
          handles: new Set(['counted']),
          apply: (events) => {
            applied[release]?.push(...events);
            return Promise.resolve();
          },
        },
        batchSize: 2,
      });
      running.push(subscription);
      await subscription.start();
      return subscription;
    };

    const old = await follow('before', before);
    await eventually(() => {
      expect(old.status).toMatchObject({ lastError: expect.stringContaining('counted version 2, which this release') });
    });
    expect(await readCheckpoint(log.database, 'spec.counts', 1)).toMatchObject({ position: 2 });
    await follow('now', all);

    await eventually(async () => {
      expect(await readCheckpoint(log.database, 'spec.counts', 1)).toMatchObject({ position: 6 });
    });
    expect(applied['before']?.map(({ data }) => data)).toEqual([{ number: 1 }, { number: 2 }]);
    expect(applied['now']?.map(({ data }) => data)).toEqual([{ count: 3 }, { count: 4 }, { count: 5 }]);
  });

  it('gives newest versions of what is stored as it was', async () => {
    const stored = await log.store.readAll({ after: START, limit: 10 });
    const read = await new ReadableEventStore(log.store, all).readAll({ after: START, limit: 10 });

    expect(stored.map(({ typeVersion }) => typeVersion)).toEqual([1, 1, 2, 2, 2, 1]);
    expect(read.map(({ typeVersion, data }) => [typeVersion, data])).toEqual([
      ...[1, 2, 3, 4, 5].map((count) => [2, { count }]),
      [1, { kilos: 6 }],
    ]);
    expect(read.map(({ hash }) => hash)).toEqual(stored.map(({ hash }) => hash));
  });
});
