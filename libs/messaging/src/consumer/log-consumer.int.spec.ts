import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredMsg } from '@nats-io/jetstream';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { DomainError, slotOf } from '#libs/kernel';
import { eventually } from '#libs/testing';
import { BusFixture, CONSUMER, NO_DEVIATION, numberOf, STREAM } from '../bus-fixture.contract.ts';
import { natsHeaders } from '../bus.ts';
import { DEAD_LETTER_HEADER } from '../dead-letters.ts';
import type { IncomingEvent } from '../incoming-event.ts';

class Refused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'spec/refused';
  override readonly violations = [{ pointer: '#/data/number', detail: 'is\nunlucky' }];
}

class Away extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'spec/away';
}

jest.setTimeout(60_000);

const number = ({ event }: IncomingEvent): number => numberOf(event.data);

describe('a consumer of a log', () => {
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

  const isThrough = async (): Promise<void> => {
    expect((await fixture.deviations()).lost).toEqual([]);
  };
  const through = (withinMs = 20_000): Promise<void> => eventually(isThrough, { withinMs });
  const parked = (): Promise<{ state: string; attempts: number; code: string | null; stream_key: string }[]> =>
    fixture.health.database.query('select state, attempts, code, stream_key from parked_messages order by id');
  const deadLetters = async (): Promise<StoredMsg[]> => {
    const { state } = await fixture.bus.manager.streams.info('DEAD_LETTERS');
    const letters: StoredMsg[] = [];
    for (let seq = 1; seq <= state.last_seq; seq += 1) {
      const letter = await fixture.bus.manager.streams.getMessage('DEAD_LETTERS', { seq });
      if (letter) letters.push(letter);
    }
    return letters;
  };
  /** Relay and answerer of the producing service. */
  const produce = async (): Promise<void> => {
    const bus = await fixture.connect();
    fixture.relay(bus);
    fixture.answer(bus);
  };

  it('applies every event once and in the order of its stream, from the append to the effect, and acknowledges', async () => {
    await fixture.append(0, 200);
    await produce();
    fixture.consumer(await fixture.connect());
    await fixture.append(200, 400);

    await through();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(fixture.failures).toEqual([]);
    await eventually(async () => {
      const { num_ack_pending, num_pending } = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
      expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 });
    });
  });

  it('shares the work out among instances, which join and leave, and keeps each stream in order', async () => {
    await produce();
    const first = fixture.consumer(await fixture.connect(), { instance: 'a' });
    await fixture.append(0, 150);
    fixture.consumer(await fixture.connect(), { instance: 'b' });
    fixture.consumer(await fixture.connect(), { instance: 'c' });
    for (let from = 150; from < 600; from += 50) await fixture.append(from, from + 50);
    await fixture.stop(first);
    await fixture.append(600, 700);

    await through();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    const [{ instances } = { instances: 0 }] = await fixture.health.database.query<{ instances: number }>(
      'select count(distinct instance) as instances from applied',
    );
    expect(instances).toBeGreaterThan(1);
  });

  it('hands messages over to the instance that holds their slot, which acknowledges them', async () => {
    await produce();
    let caughtUp = 0;
    for (const instance of ['a', 'b']) {
      fixture.consumer(await fixture.connect(), {
        instance,
        onProgress: (progress) => {
          caughtUp += progress.caughtUp ?? 0;
        },
      });
    }
    await eventually(async () => {
      const owners = await fixture.health.database.query<{ slots: number }>(
        'select count(*) as slots from slot_leases where until > clock_timestamp() group by owner',
      );
      expect(owners).toEqual([{ slots: 32 }, { slots: 32 }]);
    });
    // From here on, so that nothing is left of the time when nobody held the slots.
    await fixture.append(0, 30);
    await through();
    const before = caughtUp;
    for (let from = 30; from < 330; from += 10) await fixture.append(from, from + 10);
    await through();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(fixture.failures).toEqual([]);
    expect(caughtUp - before).toBeLessThan(50);
    await eventually(async () => {
      const { num_ack_pending } = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
      expect(num_ack_pending).toBe(0);
    });
  });

  it('takes from the log what the stream does not hold any more, then goes on live', async () => {
    await fixture.append(0, 300);
    await produce();
    await eventually(async () => (await fixture.stored()).length === (await fixture.published()).length);
    await fixture.bus.manager.streams.purge(STREAM);
    let caughtUp = 0;

    fixture.consumer(await fixture.connect(), {
      onProgress: (progress) => {
        caughtUp += progress.caughtUp ?? 0;
      },
    });
    await fixture.append(300, 400);
    await through();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(caughtUp).toBeGreaterThanOrEqual(200);
  });

  it('does not apply again what its inbox knows, although the consumer on the server begins anew', async () => {
    await fixture.append(0, 100);
    await produce();
    const first = fixture.consumer(await fixture.connect());
    await through();
    await fixture.stop(first);
    await fixture.bus.manager.consumers.delete(STREAM, CONSUMER);

    let duplicates = 0;
    fixture.consumer(await fixture.connect(), {
      onProgress: (progress) => {
        duplicates += progress.duplicates ?? 0;
      },
    });
    const before = (await fixture.published()).length;
    await eventually(() => duplicates >= before);
    await fixture.append(100, 130);
    await through();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('tries again what throws, in the order of the stream, while other streams go on', async () => {
    await produce();
    const failed = new Map<number, number>();
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        const times = failed.get(number(incoming)) ?? 0;
        failed.set(number(incoming), times + 1);
        // After the rows were written: they must go with the failure.
        if (number(incoming) % 11 === 0 && times < 2)
          throw new TypeError(`${number(incoming)} for the ${times + 1}. time`);
      },
    });
    await fixture.append(0, 90);

    await through();

    expect(fixture.failures.length).toBeGreaterThan(8);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(await deadLetters()).toEqual([]);
    await eventually(async () => {
      expect(await parked()).toEqual([]);
    });
  });

  it('waits without end for what is unavailable, and holds its stream alone', async () => {
    await produce();
    let isAway = true;
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        if (number(incoming) === 1 && isAway) throw new Away('not there');
      },
    });
    await fixture.append(0, 60);
    await eventually(async () => {
      const [head] = await parked();
      expect(head).toMatchObject({ state: 'retrying', code: 'spec/away' });
      expect(head?.attempts).toBeGreaterThan(5);
    });
    expect((await fixture.deviations()).lost.length).toBeLessThan(10);

    isAway = false;

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(await deadLetters()).toEqual([]);
  });

  it('puts aside what can never be handled, whole and with the reason; its stream waits until it is re-driven', async () => {
    await produce();
    let isCured = false;
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        if (isCured) return;
        if (number(incoming) === 7) throw new Refused('7 is\nunlucky');
        if (number(incoming) === 10) throw new TypeError('a defect');
      },
    });
    await fixture.append(0, 60);

    await eventually(async () => {
      expect(await deadLetters()).toHaveLength(2);
    });
    await eventually(async () => {
      expect((await parked()).map(({ state }) => state).filter((state) => state === 'waiting').length).toBeGreaterThan(
        5,
      );
    });
    const [refused, defect] = await deadLetters();
    expect(refused?.subject).toBe(`dead.health.${CONSUMER}`);
    expect(refused?.json()).toMatchObject({ type: 'steward.agent.counted.v1', data: { number: 7 } });
    const header = (letter: StoredMsg | undefined, name: keyof typeof DEAD_LETTER_HEADER): string | undefined =>
      letter?.header.get(DEAD_LETTER_HEADER[name]);
    expect(header(refused, 'reason')).toBe('7 is unlucky');
    expect(header(refused, 'code')).toBe('spec/refused');
    expect(JSON.parse(header(refused, 'violations') ?? '')).toEqual([
      { pointer: '#/data/number', detail: 'is\nunlucky' },
    ]);
    expect(header(refused, 'source')).toBe('agent');
    expect(header(refused, 'attempts')).toBe('1');
    expect(header(defect, 'code')).toBe('defect');
    expect(header(defect, 'attempts')).toBe('4');
    // Of seven streams the two that begin with a bad one have nothing yet.
    const streams = await fixture.health.database.query<{ stream: string }>('select distinct stream from applied');
    expect(streams).toHaveLength(5);

    isCured = true;
    await fixture.health.database.query(
      `update parked_messages set state = 'retrying', attempts = 0, next_attempt_at = clock_timestamp() where state = 'dead'`,
    );
    fixture.bus.publish('parked.health', '');
    await fixture.append(60, 80);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('goes on behind a message that was discarded, in the order of its stream', async () => {
    await produce();
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        if (number(incoming) === 7) throw new Refused('no');
      },
    });
    await fixture.append(0, 60);
    await eventually(async () => {
      expect((await parked())[0]).toMatchObject({ state: 'dead' });
    });

    await fixture.health.database.query(`update parked_messages set state = 'discarded' where state = 'dead'`);

    await eventually(async () => {
      expect((await fixture.deviations()).lost).toHaveLength(1);
    });
    await fixture.append(60, 90);
    await eventually(async () => {
      expect((await parked()).map(({ state }) => state)).toEqual(['discarded']);
    });
    expect(await fixture.deviations()).toMatchObject({ doubled: [], outOfOrder: [] });
  });

  it('lets other streams past a slow one, also of the same slot, and extends its time', async () => {
    await produce();
    const gate = Promise.withResolvers<undefined>();
    let isHeld = false;
    fixture.consumer(await fixture.connect(), {
      before: (incoming) => {
        if (number(incoming) !== 7) return undefined;
        isHeld = true;
        return gate.promise;
      },
    });
    const slot = slotOf('demo', 'counter-c 0');
    await fixture.append(0, 60);
    await eventually(() => isHeld);
    const neighbour = streamOfSlot(slot);
    await fixture.appendTo(neighbour, 1_000);

    await eventually(async () => {
      expect(await fixture.health.database.query('select 1 from applied where number = 1000')).toHaveLength(1);
    });
    expect(await fixture.health.database.query('select position from inbox_ahead')).toHaveLength(1);
    expect(await fixture.health.database.query('select 1 from applied where number in (7, 14, 28)')).toEqual([]);
    gate.resolve(undefined);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(await fixture.health.database.query('select position from inbox_ahead')).toEqual([]);
  });

  it('applies once what was committed and not acknowledged when its instance vanished', async () => {
    await fixture.append(0, 90);
    await produce();
    const doomed = await fixture.connect();
    const first = fixture.consumer(doomed, {
      instance: 'a',
      ttlMs: 1_000,
      before: async () => {
        if ((await fixture.applied()).length >= 10) await doomed.connection.close();
      },
    });
    await eventually(() => doomed.connection.isClosed());

    fixture.consumer(await fixture.connect(), { instance: 'b', ttlMs: 1_000 });
    void fixture.stop(first);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('refuses what a paused instance had begun, once another one has its slots', async () => {
    await produce();
    const gate = Promise.withResolvers<undefined>();
    let held = 0;
    const first = fixture.consumer(await fixture.connect(), {
      instance: 'a',
      fence: 1,
      before: () => {
        held += 1;
        return gate.promise;
      },
    });
    await fixture.append(0, 60);
    await eventually(() => held >= 4);
    fixture.consumer(await fixture.connect(), { instance: 'b', fence: 2 });
    await through();

    gate.resolve(undefined);
    await fixture.stop(first);

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    const rows = await fixture.health.database.query<{ instance: string }>('select distinct instance from applied');
    expect(rows).toEqual([{ instance: 'b' }]);
  });

  it('reports a message in the stream that is not of the log, and goes on', async () => {
    await produce();
    fixture.consumer(await fixture.connect());
    await fixture.bus.jetstream.publish('evt.agent.demo.1.counter.counted.c', 'no JSON');
    await fixture.bus.jetstream.publish('evt.agent.demo.1.counter.counted.c', '{}', {
      headers: natsHeaders({ 'Steward-Log': 'agent', 'Steward-Position': 'third' }),
    });
    await fixture.append(0, 30);

    await through();
    expect(fixture.failures.map((failure) => failure instanceof DomainError && failure.code)).toEqual(
      Array.from({ length: 2 }, () => 'messaging/malformed-message'),
    );
  });

  it('keeps a dead message although the bus cannot be told, and tells it when that is possible again', async () => {
    await fixture.bus.manager.streams.delete('DEAD_LETTERS');
    await produce();
    fixture.consumer(await fixture.connect(), {
      before: () => {
        throw new Refused('no');
      },
    });
    await fixture.append(1, 2);
    await eventually(async () => {
      expect(await parked()).toMatchObject([{ state: 'dead' }]);
    });
    await fixture.provision();

    await eventually(
      async () => {
        expect(await deadLetters()).toHaveLength(1);
      },
      { withinMs: 20_000 },
    );
  });

  it('is in trouble while the log does not answer, and no longer once it does', async () => {
    const bus = await fixture.connect();
    fixture.relay(bus);
    await fixture.append(0, 30);
    const { consumer } = fixture.consumer(await fixture.connect());
    await eventually(() => {
      expect(consumer.trouble).toContain('published-events');
    });

    fixture.answer(bus);

    await through();
    await eventually(() => {
      expect(consumer.trouble).toBeNull();
    });
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('stops also when it has hardly begun', async () => {
    await fixture.append(0, 3);
    await produce();
    for (let round = 0; round < 5; round += 1) {
      const consumer = fixture.consumer(fixture.bus, { instance: `round-${round}` });
      if (round > 0)
        await eventually(async () => (await fixture.health.database.query('select 1 from slot_members')).length > 0);

      await fixture.stop(consumer);
    }
  });

  it('finds doubles when the inbox is left out', async () => {
    await produce();
    await fixture.append(0, 30);
    let handled = 0;
    fixture.consumer(await fixture.connect(), {
      handle: async ({ place, event }) => {
        await fixture.health.database.query('insert into applied (position, stream) values ($1, $2)', [
          place?.position,
          event.subject,
        ]);
        handled += 1;
        if (handled % 5 === 0) throw new Error('after the effect');
      },
    });

    await through();

    expect((await fixture.deviations()).doubled).not.toEqual([]);
  });
});

/** Another stream of the same slot. */
function streamOfSlot(slot: number): string {
  for (let n = 0; ; n += 1) if (slotOf('demo', `counter-other ${n}`) === slot) return `other ${n}`;
}
