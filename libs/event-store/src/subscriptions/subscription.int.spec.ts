import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { START, type RecordedEvent, type Transaction } from '../event-store.ts';
import { counted, openLog, TENANT, type Instance, type LogFixture } from '../postgres/log-fixture.contract.ts';
import { readCheckpoint } from './checkpoints.ts';
import type { Subscriber } from './subscriber.ts';
import { Subscription, type SubscriptionOptions } from './subscription.ts';

const POLL_MS = 50;

jest.setTimeout(30_000);

describe('a subscription', () => {
  let log: LogFixture;
  let names = 0;
  const started: Subscription[] = [];

  beforeAll(async () => {
    log = await openLog();
    // Nothing here keeps doubles away: what is applied twice is in it twice.
    await log.database.query('create table applied (n bigserial, subscriber text, position bigint, instance text)');
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((subscription) => subscription.stop()));
  });
  afterAll(() => log.close());

  function note(name: string, instance: string, apply?: Subscriber['apply']): Subscriber {
    return {
      name,
      version: 1,
      apply: async (events, transaction) => {
        await transaction.query(
          'insert into applied (subscriber, position, instance) select $1, unnest($2::bigint[]), $3',
          [name, events.map(({ position }) => position), instance],
        );
        await apply?.(events, transaction);
      },
    };
  }

  async function follow(subscriber: Subscriber, instance: Instance = log, options: Partial<SubscriptionOptions> = {}) {
    const subscription = new Subscription({ ...instance, subscriber, pollMs: POLL_MS, batchSize: 25, ...options });
    await subscription.start();
    started.push(subscription);
    return subscription;
  }

  const appliedBy = async (name: string): Promise<number[]> =>
    (
      await log.database.query<{ position: number }>('select position from applied where subscriber = $1 order by n', [
        name,
      ])
    ).map(({ position }) => position);
  const everything = async (): Promise<number[]> =>
    (await log.store.readAll({ after: START, limit: 10_000 })).map(({ position }) => position);
  const isThrough = async (name: string): Promise<void> => {
    const { position } = await readCheckpoint(log.database, name, 1);
    expect(position).toBe(await log.store.head());
  };
  const appendSome = (many: number): Promise<unknown> =>
    Promise.all(Array.from({ length: many }, (_, index) => log.store.append(counted(`s-${index % 9}`, 'any', index))));
  const freshName = (): string => `spec.follower-${(names += 1)}`;

  it('applies each event once and in order while two instances share a checkpoint', async () => {
    const name = freshName();
    const other = log.connect();
    await follow(note(name, 'a'));
    await follow(note(name, 'b'), other);

    for (let wave = 0; wave < 5; wave += 1) await appendSome(30);

    await eventually(() => isThrough(name), { withinMs: 15_000 });
    expect(await appliedBy(name)).toEqual(await everything());
  });

  it('applies each event once although apply throws in the middle, and tells of it', async () => {
    const name = freshName();
    const failures: number[] = [];
    let steps = 0;
    const subscription = await follow(
      note(name, 'a', () => {
        steps += 1;
        return steps % 3 === 1 ? Promise.reject(new Error(`step ${steps}`)) : Promise.resolve();
      }),
      log,
      { onFailure: (_, attempt) => failures.push(attempt), batchSize: 70 },
    );
    await eventually(() => subscription.status.failing);
    expect(subscription.status).toMatchObject({ name, state: 'following', failing: true, lastError: 'step 1' });
    await appendSome(60);

    await eventually(() => isThrough(name), { withinMs: 10_000 });

    expect(failures.length).toBeGreaterThan(1);
    expect(await appliedBy(name)).toEqual(await everything());
    await eventually(() => !subscription.status.failing);
  });

  it('goes on where it stopped, and applies nothing again', async () => {
    const name = freshName();
    for (let life = 0; life < 5; life += 1) {
      const subscription = await follow(note(name, `life ${life}`));
      const append = appendSome(30);
      await eventually(async () => (await readCheckpoint(log.database, name, 1)).position > START);
      await subscription.stop();
      await append;
    }

    await follow(note(name, 'last life'));

    await eventually(() => isThrough(name), { withinMs: 15_000 });
    expect(await appliedBy(name)).toEqual(await everything());
  });

  it('commits what apply appends with the checkpoint, once, or neither', async () => {
    const name = freshName();
    const answers = counted(name, 'any').streamId;
    await appendSome(20);
    let steps = 0;
    const answer = (events: readonly RecordedEvent[], transaction: Transaction): Promise<void> => {
      for (const event of events.filter(({ streamId }) => streamId !== answers)) {
        transaction.append({ ...counted(name, 'any', event.position) });
      }
      steps += 1;
      return steps === 2 ? Promise.reject(new Error('after the append')) : Promise.resolve();
    };
    const questions = await everything();
    await follow(note(name, 'a', answer));

    await eventually(() => isThrough(name), { withinMs: 15_000 });

    const answered = await log.store.readStream(TENANT, answers);
    expect(answered.map(({ data }) => data)).toEqual(questions.map((number) => ({ number })));
    expect(steps).toBeGreaterThan(2);
  });

  it('hands over only the types that are wanted, and passes over the others', async () => {
    const name = freshName();
    const unwanted = freshName();
    await log.store.append({ ...counted('typed', 'any'), events: [{ type: 'moved', typeVersion: 1, data: {} }] });
    await follow({ ...note(name, 'a'), handles: new Set(['moved']) });
    await follow({ ...note(unwanted, 'a'), handles: new Set(['never']) });

    await eventually(() => isThrough(name), { withinMs: 15_000 });
    await eventually(() => isThrough(unwanted));

    expect(await appliedBy(name)).toHaveLength(1);
    expect(await appliedBy(unwanted)).toEqual([]);
  });

  it('begins anew with a new version, beside the old one', async () => {
    const name = freshName();
    await follow(note(name, 'a'));
    await eventually(() => isThrough(name), { withinMs: 15_000 });

    await follow({ ...note(name, 'b'), version: 2 });
    await eventually(async () => {
      expect((await readCheckpoint(log.database, name, 2)).position).toBe(await log.store.head());
    });

    expect(await appliedBy(name)).toEqual([...(await everything()), ...(await everything())]);
  });

  it('sees a commit at once, without a poll, and says how far it came', async () => {
    const name = freshName();
    const progress: { applied: number; lag: number }[] = [];
    await appendSome(10);
    await follow(note(name, 'a'), log, { pollMs: 600_000, batchSize: 500, onProgress: (each) => progress.push(each) });
    await eventually(() => isThrough(name), { withinMs: 15_000 });

    await appendSome(5);

    await eventually(() => isThrough(name), { withinMs: 15_000 });
    expect(progress.at(-1)?.lag).toBe(0);
    expect(progress.reduce((sum, { applied }) => sum + applied, 0)).toBe((await everything()).length);
  });

  it('finds doubles when the checkpoint does not move with the rows', async () => {
    const name = freshName();
    let steps = 0;
    const beside: Subscriber = {
      name,
      version: 1,
      // A subscriber that writes past its transaction: what the spec's own check must catch.
      apply: async (events) => {
        await note(name, 'a').apply(events, {
          query: (text, values) => log.database.query(text, values),
          append: () => undefined,
        });
        steps += 1;
        if (steps === 1) throw new Error('after the rows');
      },
    };
    await follow(beside);

    await eventually(() => isThrough(name), { withinMs: 15_000 });

    const positions = await appliedBy(name);
    expect(positions.length).toBeGreaterThan(new Set(positions).size);
  });
});
