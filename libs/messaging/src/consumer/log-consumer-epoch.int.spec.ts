import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { DomainError, slotOf } from '#libs/kernel';
import { eventually } from '#libs/testing';
import { BusFixture, numberOf, type RunningConsumer } from '../bus-fixture.contract.ts';
import { LogEndsBefore } from '../errors.ts';
import type { IncomingEvent } from '../incoming-event.ts';
import { account, takeBack, toldNumbers } from './log-restore.contract.ts';

class Refused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'spec/refused';
}

jest.setTimeout(60_000);

const number = ({ event }: IncomingEvent): number => numberOf(event.data);
const ALL_WELL = { lost: [], doubled: [], outOfOrder: [] };

describe('a consumer of a log that goes back and begins another life', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let fixture: BusFixture;
  beforeAll(async () => {
    nats = await startThrowAwayNats();
  });
  beforeEach(async () => {
    fixture = await BusFixture.open(nats.server.url);
  });
  afterEach(() => fixture.close());
  afterAll(() => nats.remove());

  const produce = async (): Promise<void> => {
    const bus = await fixture.connect();
    fixture.relay(bus);
    fixture.answer(bus);
  };
  const through = (): Promise<void> =>
    eventually(
      async () => {
        expect((await account(fixture)).lost).toEqual([]);
      },
      { withinMs: 25_000 },
    );
  const epochs = async (): Promise<number[]> => {
    const rows = await fixture.health.database.query<{ epoch: number }>(
      'select distinct epoch from inbox order by epoch',
    );
    return rows.map(({ epoch }) => epoch);
  };
  const inOrder = async (stream: string, numbers: readonly number[]): Promise<void> => {
    for (const one of numbers) await fixture.appendTo(stream, one);
  };
  const slot = (stream: string): number => slotOf('demo', `counter-${stream}`);

  /** An instance that holds this slot alone, so that the answers of the log are for it. */
  async function holderOf(
    held: number,
    before: (incoming: IncomingEvent) => unknown,
  ): Promise<RunningConsumer & { seesLife: (epoch: number) => Promise<void> }> {
    const bus = await fixture.connect();
    const answered: string[] = [];
    fixture.bus.subscribe('_INBOX.>', ({ text }) => answered.push(text));
    await fixture.bus.ping();
    const running = fixture.consumer(bus, { fence: 1, before });
    await running.consumer.release(Array.from({ length: 64 }, (_, other) => other).filter((other) => other !== held));
    return {
      ...running,
      seesLife: async (epoch) => {
        await eventually(() => answered.some((text) => text.startsWith(`{"epoch":${epoch},`)), { withinMs: 15_000 });
        // What came to us came to the instance, too, before the answer to this.
        await bus.ping();
      },
    };
  }

  it.each(['runs', 'begins afterwards'])('applies what followed, once and in order: it %s', async (how) => {
    await fixture.append(0, 240);
    await produce();
    const before = fixture.consumer(await fixture.connect());
    await through();
    if (how !== 'runs') await fixture.stop(before);
    const told = await toldNumbers(fixture);

    await takeBack(fixture.agent.database, 90);
    const kept = await toldNumbers(fixture);
    await fixture.append(1_001, 1_100);
    if (how !== 'runs') fixture.consumer(await fixture.connect());

    await through();
    expect(await account(fixture)).toMatchObject(ALL_WELL);
    // They had been applied before.
    expect((await account(fixture)).void).toHaveLength(told.length - kept.length);
    await eventually(
      async () => {
        expect(await epochs()).toEqual([2]);
      },
      { withinMs: 25_000 },
    );
    const [row] = await fixture.health.database.query<{ beyond: number }>(
      'select count(*) as beyond from inbox where position > (select max(position) from agent.events)',
    );
    expect(row).toEqual({ beyond: 0 });
  });

  it('goes back far enough when it slept through two lives', async () => {
    await fixture.append(0, 240);
    await produce();
    const before = fixture.consumer(await fixture.connect());
    await through();
    await fixture.stop(before);

    await takeBack(fixture.agent.database, 60);
    await fixture.append(1_001, 1_100);
    await takeBack(fixture.agent.database, 130);
    await fixture.append(2_001, 2_150);
    fixture.consumer(await fixture.connect());

    await through();
    expect(await account(fixture)).toMatchObject(ALL_WELL);
    await eventually(
      async () => {
        expect(await epochs()).toEqual([3]);
      },
      { withinMs: 25_000 },
    );
  });

  it('neither repeats what it was applying meanwhile, nor applies what is void by then', async () => {
    await produce();
    const gate = Promise.withResolvers<undefined>();
    let isHeld = false;
    const holder = await holderOf(slot('one'), (incoming) => {
      if (number(incoming) !== 4) return undefined;
      isHeld = true;
      return gate.promise;
    });
    await inOrder('one', [1, 2, 4, 5, 7, 8, 10, 11]);
    await eventually(() => {
      expect(isHeld).toBe(true);
      expect(holder.consumer.status.queued).toBe(6);
    });

    // Behind 5.
    await takeBack(fixture.agent.database, 4);
    await inOrder('one', [1_001, 1_003, 1_004]);
    await holder.seesLife(2);
    gate.resolve(undefined);

    await through();
    expect(await account(fixture)).toEqual({ ...ALL_WELL, void: [] });
  });

  it('remembers what it applied ahead of a slow one, and forgets what is void', async () => {
    await produce();
    const gate = Promise.withResolvers<undefined>();
    const first = fixture.consumer(await fixture.connect(), {
      instance: 'a',
      fence: 1,
      before: (incoming) => (number(incoming) === 1 ? gate.promise : undefined),
    });
    const [other, another] = neighboursOf(slot('one'));
    await fixture.appendTo('one', 1);
    await eventually(() => first.consumer.status.queued === 1);
    await fixture.appendTo(other, 2);
    await fixture.appendTo(another, 4);
    await eventually(async () => {
      expect(await fixture.health.database.query('select position from inbox_ahead')).toHaveLength(2);
    });

    // Another instance takes over, as after a crash of the first one.
    await takeBack(fixture.agent.database, 2);
    await fixture.appendTo(another, 1_001);
    fixture.consumer(await fixture.connect(), { instance: 'b', fence: 2 });

    await through();
    expect(await account(fixture)).toEqual({ ...ALL_WELL, void: [4] });
    gate.resolve(undefined);
    await fixture.stop(first);
    expect(await account(fixture)).toEqual({ ...ALL_WELL, void: [4] });
  });

  it('never applies a void event that it had put aside; what followed does not wait for it', async () => {
    await produce();
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        if (number(incoming) === 4) throw new Refused('no');
        if (number(incoming) === 7) throw new TypeError('a defect');
      },
      retry: { firstMs: 60_000 },
    });
    await fixture.appendTo('one', 1);
    await fixture.appendTo('one', 4);
    await fixture.appendTo('one', 5);
    await fixture.appendTo('two', 2);
    await fixture.appendTo('two', 7);
    await eventually(async () => {
      const rows = await fixture.health.database.query('select state from parked_messages order by position');
      expect(rows).toEqual([{ state: 'dead' }, { state: 'waiting' }, { state: 'retrying' }]);
    });

    // Of stream one 4 is kept, and stays dead; what waited behind it is void, as is what was tried again.
    await takeBack(fixture.agent.database, 2);
    await fixture.appendTo('two', 1_001);
    await fixture.appendTo('one', 1_003);
    await fixture.appendTo('one', 1_004);

    await eventually(
      async () => {
        const rows = await fixture.health.database.query(
          'select epoch, position, state from parked_messages order by epoch, position',
        );
        expect(rows).toEqual([
          { epoch: 1, position: 2, state: 'dead' },
          { epoch: 1, position: 3, state: 'discarded' },
          { epoch: 1, position: 5, state: 'discarded' },
          { epoch: 2, position: 4, state: 'waiting' },
          { epoch: 2, position: 5, state: 'waiting' },
        ]);
        expect(await account(fixture)).toEqual({ ...ALL_WELL, lost: [4, 1_003, 1_004], void: [2] });
      },
      { withinMs: 25_000 },
    );
  });

  it.each(['all of it', 'some slots alone'])(
    'says so when the log went back and began no life, and applies nothing wrongly: %s',
    async (what) => {
      await fixture.append(0, 90);
      await produce();
      const { consumer } = fixture.consumer(await fixture.connect());
      await through();
      await inOrder('one', [1_000, 1_001, 1_003]);
      await through();
      const before = await account(fixture);
      expect(before).toMatchObject(ALL_WELL);

      await takeBack(fixture.agent.database, what === 'all of it' ? 60 : 91, { beginsEpoch: false });

      await eventually(
        () => {
          expect(fixture.failures).toContainEqual(expect.any(LogEndsBefore));
          expect(consumer.trouble).toMatch(/restored without beginning an epoch/);
        },
        { withinMs: 25_000 },
      );
      expect(await account(fixture)).toMatchObject(ALL_WELL);
    },
  );
});

/** Two other streams of the same slot. */
function neighboursOf(slot: number): readonly [string, string] {
  const found: string[] = [];
  for (let n = 0; found.length < 2; n += 1) if (slotOf('demo', `counter-other ${n}`) === slot) found.push(`other ${n}`);
  const [one = '', other = ''] = found;
  return [one, other];
}
