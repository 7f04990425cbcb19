import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { eventually, startFaultProxy } from '#libs/testing';
import { BusFixture, CONSUMER, NO_DEVIATION, STREAM, type RunningConsumer } from '../bus-fixture.contract.ts';
import { connectBus } from '../bus.ts';
import { ensureStream } from '../provisioning/streams.ts';

jest.setTimeout(60_000);

describe('what a broker does to a consumer of a log', () => {
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

  const store = (): string => join(nats.server.storeDir, 'jetstream');
  const through = (withinMs = 15_000): Promise<void> =>
    eventually(
      async () => {
        expect((await fixture.deviations()).lost).toEqual([]);
      },
      { withinMs },
    );
  /** Relay, which makes its stream anew, and answerer of the producing service. */
  const produce = async (): Promise<void> => {
    const bus = await fixture.connect();
    fixture.relay(bus, { ensureStream: () => ensureStream(bus, STREAM), watchMs: 500 });
    fixture.answer(bus);
  };
  const twoInstances = async (): Promise<RunningConsumer[]> => [
    fixture.consumer(await fixture.connect(), { instance: 'a' }),
    fixture.consumer(await fixture.connect(), { instance: 'b' }),
  ];
  async function whileStopped(change: () => Promise<void>): Promise<void> {
    await nats.server.stop();
    await change();
    await nats.server.restart();
    await fixture.reconnect();
  }

  it.each([
    {
      what: 'its stream is deleted',
      happens: async () => {
        await fixture.bus.manager.streams.delete(STREAM);
      },
    },
    {
      what: 'its consumer on the server is deleted',
      happens: async () => {
        await fixture.bus.manager.consumers.delete(STREAM, CONSUMER);
      },
    },
    { what: 'the broker is emptied', happens: () => whileStopped(() => rm(store(), { recursive: true })) },
  ])('is made good within seconds, once and in order: $what', async ({ happens }) => {
    await produce();
    const instances = await twoInstances();
    await fixture.append(0, 120);
    await through();

    await fixture.append(120, 240);
    await happens();
    await fixture.append(240, 360);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await eventually(
      async () => {
        // Live again, and nothing hinders it.
        const { num_waiting } = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
        expect(num_waiting).toBeGreaterThan(1);
        expect(instances.map(({ consumer }) => consumer.trouble)).toEqual([null, null]);
      },
      { withinMs: 15_000 },
    );
  });

  it('is made good when its files are those of before, and its consumer stands ahead of its stream', async () => {
    const copy = `${store()}-copy`;
    await produce();
    await twoInstances();
    await fixture.append(0, 120);
    await through();
    await whileStopped(() => copyFolder(store(), copy));
    await fixture.append(120, 240);
    await through();
    const state = join('$G', 'streams', STREAM);
    await whileStopped(async () => {
      // The stream is rolled back, its consumer is not.
      await rm(join(store(), state, 'msgs'), { recursive: true });
      await copyFolder(join(copy, state, 'msgs'), join(store(), state, 'msgs'));
    });
    await fixture.append(240, 360);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await eventually(
      async () => {
        const info = await fixture.bus.manager.consumers.info(STREAM, CONSUMER);
        const { state: now } = await fixture.bus.manager.streams.info(STREAM);
        expect(info).toMatchObject({ num_pending: 0, delivered: { stream_seq: now.last_seq } });
      },
      { withinMs: 15_000 },
    );
    await rm(copy, { recursive: true });
  });

  it('does not wait for a producer that does not answer, except where something is missing', async () => {
    const bus = await fixture.connect();
    fixture.relay(bus);
    const answerer = fixture.answer(bus);
    const { consumer } = fixture.consumer(await fixture.connect(), { fence: 1 });
    await fixture.appendTo('one', 1);
    await through();
    await fixture.stop(answerer);
    await fixture.appendTo('two', 2);
    await through();

    // The broker loses one, which the consumer has not been given.
    await consumer.stopPulling();
    await fixture.appendTo('one', 4);
    await eventually(async () => (await fixture.stored()).length === 3);
    const { state } = await fixture.bus.manager.streams.info(STREAM);
    await fixture.bus.manager.streams.deleteMessage(STREAM, state.last_seq);
    const again = fixture.consumer(await fixture.connect(), { instance: 'b', fence: 2 });
    await fixture.appendTo('one', 5);
    await fixture.appendTo('two', 7);

    await eventually(
      () => {
        expect(again.consumer.trouble).toMatch(/published-events/);
      },
      { withinMs: 15_000 },
    );
    expect((await fixture.deviations()).lost).toContain(3);
    expect((await fixture.deviations()).lost).toContain(4);

    fixture.answer(bus);

    await through();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await eventually(() => again.consumer.trouble === null);
  });

  it('is no matter of other instances when one cannot reach it', async () => {
    await produce();
    const proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: nats.server.port });
    const cutOff = await connectBus({ url: `nats://127.0.0.1:${proxy.port}`, name: 'cut-off' });
    try {
      const lone = fixture.consumer(cutOff, { instance: 'a' });
      fixture.consumer(await fixture.connect(), { instance: 'b' });
      await eventually(async () => {
        const owners = await fixture.health.database.query('select distinct owner from slot_leases');
        expect(owners).toHaveLength(2);
      });
      await fixture.append(0, 90);
      await through();

      proxy.blackhole(true);
      await fixture.append(90, 180);

      const ofOthers = async (): Promise<void> => {
        const { lost } = await fixture.deviations();
        const rows = await fixture.health.database.query<{ slot: number; owner: string }>(
          'select slot, owner from slot_leases',
        );
        const away = new Set(rows.filter(({ owner }) => owner === 'a').map(({ slot }) => slot));
        const events = await fixture.agent.database.query<{ position: number; slot: number }>(
          'select position, slot from events',
        );
        const missing = events.filter(({ position, slot }) => lost.includes(position) && !away.has(slot));
        expect(missing).toEqual([]);
      };
      await eventually(ofOthers, { withinMs: 15_000 });

      await proxy.heal();
      await through(25_000);
      expect(await fixture.deviations()).toEqual(NO_DEVIATION);
      await fixture.stop(lone);
    } finally {
      await proxy.heal();
      await cutOff.connection.close();
      await proxy.close();
    }
  });
});

/** With owners and times, as the server left it. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}
