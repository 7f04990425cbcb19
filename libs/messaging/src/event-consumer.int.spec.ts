import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { StoredMsg } from '@nats-io/jetstream';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { DomainError } from '#libs/kernel';
import { eventually } from '#libs/testing';
import { natsHeaders } from './bus.ts';
import { BusFixture, CONSUMER, deviations, NO_DEVIATION, numberOf, STREAM } from './bus-fixture.contract.ts';
import { DEAD_LETTER_HEADER } from './dead-letters.ts';
import type { IncomingEvent } from './incoming-event.ts';
import { provisionStreams } from './provisioning/streams.ts';

class Refused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'spec/refused';
  override readonly violations = [{ pointer: '#/data/number', detail: 'is\nunlucky' }];
}

const SUBJECT = 'evt.agent.demo.1.counter.counted.c';

jest.setTimeout(40_000);

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
    const published = await fixture.published();
    expect(await fixture.applied()).toContain(published.at(-1));
  };
  const deadLetters = async (): Promise<StoredMsg[]> => {
    const { state } = await fixture.bus.manager.streams.info('DEAD_LETTERS');
    const letters: StoredMsg[] = [];
    for (let seq = 1; seq <= state.last_seq; seq += 1) {
      const letter = await fixture.bus.manager.streams.getMessage('DEAD_LETTERS', { seq });
      if (letter) letters.push(letter);
    }
    return letters;
  };
  /** A message as the relay would have published it, at any place. */
  const publish = (at: number, previous: number, data: object = { number: at }): Promise<unknown> =>
    fixture.bus.jetstream.publish(SUBJECT, eventText(at, data), {
      headers: natsHeaders(placeHeaders(at, previous)),
    });
  const placeHeaders = (at: number, previous: number): Record<string, string> => ({
    'Content-Type': 'application/cloudevents+json',
    'Steward-Log': 'agent',
    'Steward-Position': String(at),
    'Steward-Previous-Position': String(previous),
  });

  it('applies every event of the log once and in order, from the append to the effect', async () => {
    await fixture.append(0, 200);
    fixture.relay(fixture.bus);
    fixture.consumer(await fixture.connect());
    await fixture.append(200, 400);

    await eventually(isThrough, { withinMs: 20_000 });

    expect(deviations(await fixture.published(), await fixture.applied())).toEqual(NO_DEVIATION);
    expect(fixture.failures).toEqual([]);
    await eventually(async () => {
      const { num_ack_pending, num_pending } = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
      expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 });
    });
  });

  it('tries again what throws, and applies it once', async () => {
    const failed = new Map<number, number>();
    const inbox = fixture.inbox(fixture.bus, {
      before: ({ event }) => {
        const number = numberOf(event.data);
        const times = failed.get(number) ?? 0;
        failed.set(number, times + 1);
        // After the rows were written: they must go with the failure.
        if (number % 11 === 0 && times < 2) throw new Error(`${number} for the ${times + 1}. time`);
      },
    });
    await fixture.append(0, 60);
    fixture.relay(fixture.bus);
    fixture.consumer(await fixture.connect(), { handle: (incoming) => inbox.apply(incoming) });

    await eventually(isThrough, { withinMs: 20_000 });

    expect(fixture.failures.length).toBeGreaterThan(4);
    expect(deviations(await fixture.published(), await fixture.applied())).toEqual(NO_DEVIATION);
    expect(await deadLetters()).toEqual([]);
  });

  it('puts aside what can never be handled, whole and with the reason, and goes on with the ones after it', async () => {
    const inbox = fixture.inbox(fixture.bus, {
      before: ({ event }) => {
        if (numberOf(event.data) === 7) throw new Refused('7 is\nunlucky');
        if (numberOf(event.data) === 10) throw new TypeError('a defect');
      },
    });
    await fixture.append(0, 30);
    fixture.relay(fixture.bus);
    fixture.consumer(await fixture.connect(), { handle: (incoming) => inbox.apply(incoming) });

    await eventually(isThrough, { withinMs: 20_000 });

    const published = await fixture.published();
    const missing = deviations(published, await fixture.applied()).lost;
    expect(missing).toHaveLength(2);
    expect(
      deviations(
        published.filter((at) => !missing.includes(at)),
        await fixture.applied(),
      ),
    ).toEqual(NO_DEVIATION);
    const [refused, defect, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(refused?.subject).toBe(`dead.health.${CONSUMER}`);
    expect(refused?.json()).toMatchObject({ type: 'steward.agent.counted.v1', data: { number: 7 } });
    const header = (letter: StoredMsg | undefined, name: keyof typeof DEAD_LETTER_HEADER): string | undefined =>
      letter?.header.get(DEAD_LETTER_HEADER[name]);
    expect(header(refused, 'reason')).toBe('7 is unlucky');
    expect(header(refused, 'code')).toBe('spec/refused');
    expect(JSON.parse(header(refused, 'violations') ?? '')).toEqual([
      { pointer: '#/data/number', detail: 'is\nunlucky' },
    ]);
    expect(header(refused, 'stream')).toBe(STREAM);
    expect(header(refused, 'attempts')).toBe('1');
    expect(refused?.header.get('Steward-Position')).toBe(String(missing[0]));
    expect(header(defect, 'code')).toBe('defect');
    expect(header(defect, 'attempts')).toBe('5');
  });

  it('goes on behind a message of its log that is no event, and behind one that is of no log', async () => {
    await fixture.bus.jetstream.publish(SUBJECT, 'no JSON', { headers: natsHeaders(placeHeaders(1, 0)) });
    await publish(2, 1);
    await fixture.bus.jetstream.publish(SUBJECT, eventText(3, { number: 3 }));
    await fixture.bus.jetstream.publish(SUBJECT, eventText(3, {}), {
      headers: natsHeaders({ ...placeHeaders(3, 2), 'Steward-Position': 'third' }),
    });
    await publish(4, 2);

    fixture.consumer(fixture.bus);

    await eventually(async () => {
      expect(await fixture.applied()).toEqual([2, 4]);
    });
    expect((await deadLetters()).map((letter) => letter.header.get(DEAD_LETTER_HEADER.code))).toEqual(
      Array.from({ length: 3 }, () => 'messaging/malformed-message'),
    );
  });

  it('lets a message wait whose predecessor has not come yet', async () => {
    await publish(2, 0);
    await publish(5, 4);
    fixture.consumer(fixture.bus);
    await eventually(async () => {
      const { num_ack_pending, delivered } = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
      expect({ num_ack_pending, delivered: delivered.stream_seq }).toEqual({ num_ack_pending: 1, delivered: 2 });
    });
    expect(await fixture.applied()).toEqual([2]);

    await publish(4, 2);

    await eventually(async () => {
      expect(await fixture.applied()).toEqual([2, 4, 5]);
    });
    expect(await deadLetters()).toEqual([]);
  });

  it('does not pass over the predecessors of a message that it puts aside', async () => {
    await publish(2, 0);
    await fixture.bus.jetstream.publish(SUBJECT, 'no JSON', { headers: natsHeaders(placeHeaders(5, 4)) });
    await publish(6, 5);
    fixture.consumer(fixture.bus);
    await eventually(async () => {
      expect(await deadLetters()).toHaveLength(1);
    });

    await publish(4, 2);

    await eventually(async () => {
      expect(await fixture.applied()).toEqual([2, 4, 6]);
    });
    expect(await deadLetters()).toHaveLength(1);
  });

  it('begins at the oldest message that the stream still has', async () => {
    await fixture.bus.jetstream.publish(SUBJECT, 'of no log');
    await publish(40, 37);
    await publish(41, 40);

    fixture.consumer(fixture.bus);

    await eventually(async () => {
      expect(await fixture.applied()).toEqual([40, 41]);
    });
  });

  it('hands over to another instance in the middle: finishes what was begun, gives back the rest, doubles nothing', async () => {
    await fixture.append(0, 240);
    fixture.relay(fixture.bus);
    const gate = Promise.withResolvers<undefined>();
    let begun = 0;
    const gated = fixture.inbox(fixture.bus, {
      instance: 'a',
      before: () => {
        begun += 1;
        return begun === 21 ? gate.promise : undefined;
      },
    });
    const first = fixture.consumer(await fixture.connect(), {
      instance: 'a',
      handle: (incoming) => gated.apply(incoming),
    });
    await eventually(() => begun === 21);

    const stopped = fixture.stop(first);
    gate.resolve(undefined);
    await stopped;
    const again: number[] = [];
    const inbox = fixture.inbox(fixture.bus, { instance: 'b' });
    fixture.consumer(await fixture.connect(), {
      instance: 'b',
      handle: (incoming) => {
        // Only what `a` fetched, a hundred at first: `b` itself lets later ones come again while they wait for these.
        if (incoming.deliveries > 1 && incoming.sequence <= 100) again.push(incoming.sequence);
        return inbox.apply(incoming);
      },
    });

    expect(begun).toBe(21);
    // What was fetched and not begun went back: otherwise it would come again only after the 5 s to acknowledge it.
    await eventually(() => again.length > 0, { withinMs: 2_500 });
    await eventually(isThrough, { withinMs: 20_000 });
    expect(deviations(await fixture.published(), await fixture.applied())).toEqual(NO_DEVIATION);
    const [{ instances } = { instances: 0 }] = await fixture.health.database.query<{ instances: number }>(
      'select count(distinct instance) as instances from applied',
    );
    expect(instances).toBe(2);
  });

  it('applies once what was committed and not acknowledged when its instance vanished', async () => {
    await fixture.append(0, 60);
    fixture.relay(fixture.bus);
    const doomed = await fixture.connect();
    const first = fixture.consumer(doomed, { instance: 'a', handle: (incoming) => committedThenGone(incoming) });
    const inbox = fixture.inbox(doomed, { instance: 'a' });
    const committedThenGone = async (incoming: IncomingEvent): Promise<'done'> => {
      await inbox.apply(incoming);
      if ((await fixture.applied()).length >= 10) await doomed.connection.close();
      return 'done';
    };
    await eventually(() => doomed.connection.isClosed());
    const committed = (await fixture.applied()).length;
    void fixture.stop(first);
    // A vanished instance gives nothing back: its lease would end by itself.
    await fixture.health.database.query('delete from leases');

    const deliveries: number[] = [];
    const second = fixture.inbox(fixture.bus, { instance: 'b' });
    fixture.consumer(await fixture.connect(), {
      instance: 'b',
      handle: (incoming) => {
        if (incoming.deliveries > 1) deliveries.push(incoming.place?.position ?? 0);
        return second.apply(incoming);
      },
    });

    await eventually(isThrough, { withinMs: 20_000 });
    const published = await fixture.published();
    await eventually(
      () => {
        expect(deliveries).toContain(published[committed - 1]);
      },
      { withinMs: 20_000 },
    );
    expect(deviations(published, await fixture.applied())).toEqual(NO_DEVIATION);
  });

  it('stops also when it has hardly begun', async () => {
    await fixture.append(0, 3);
    for (let round = 0; round < 5; round += 1) {
      const consumer = fixture.consumer(fixture.bus, { instance: `round-${round}` });
      if (round > 0)
        await eventually(async () => (await fixture.health.database.query('select 1 from leases')).length > 0);

      await eventually(() => fixture.stop(consumer));
    }
  });

  it('keeps a message that it cannot put aside, and puts it aside when that is possible again', async () => {
    await fixture.bus.manager.streams.delete('DEAD_LETTERS');
    fixture.consumer(fixture.bus, { concurrency: 8, handle: () => Promise.reject(new Refused('no')) });
    await publish(1, 0);
    await eventually(() => fixture.failures.length >= 2);

    await provisionStreams(fixture.bus);

    await eventually(
      async () => {
        expect(await deadLetters()).toHaveLength(1);
      },
      { withinMs: 20_000 },
    );
  });

  it('finds doubles when the inbox is left out', async () => {
    await fixture.append(0, 30);
    fixture.relay(fixture.bus);
    let handled = 0;
    fixture.consumer(await fixture.connect(), {
      handle: async ({ place }) => {
        await fixture.health.database.query('insert into applied (position) values ($1)', [place?.position]);
        handled += 1;
        if (handled % 5 === 0) throw new Error('after the effect');
        return 'done';
      },
    });

    await eventually(isThrough);

    expect(deviations(await fixture.published(), await fixture.applied()).doubled).not.toEqual([]);
  });
});

function eventText(at: number, data: object): string {
  return JSON.stringify({
    specversion: '1.0',
    id: `00000000-0000-7000-8000-${String(at).padStart(12, '0')}`,
    source: 'urn:steward:agent',
    type: 'steward.agent.counted.v1',
    data,
  });
}
