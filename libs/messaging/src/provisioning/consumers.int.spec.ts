import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { connectBus, type Bus } from '../bus.ts';
import { BusUnavailable } from '../errors.ts';
import { isAheadOfStream, provisionConsumer, recreateConsumer, type WantedConsumer } from './consumers.ts';
import { ConsumerDrift } from './provisioning.errors.ts';
import type { ProvisioningChange } from './settle.ts';
import { provisionStreams } from './streams.ts';

const STREAM = 'EVT_AGENT';
const NAME = 'health_evt_agent';
const WANTED: WantedConsumer = { stream: STREAM, name: NAME };

const publish = async (bus: Bus, count: number): Promise<void> => {
  for (let n = 0; n < count; n += 1) await bus.jetstream.publish('evt.agent.demo.0.item.counted.flour', '{}');
};
const take = async (bus: Bus, count: number): Promise<number[]> => {
  const consumer = await bus.jetstream.consumers.get(STREAM, NAME);
  const sequences: number[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: 2_000 })) {
    sequences.push(message.seq);
    message.ack();
  }
  await bus.connection.flush();
  return sequences;
};

describe('the durable consumers', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let bus: Bus;
  let told: ProvisioningChange[] = [];
  const listener = { onChange: (change: ProvisioningChange) => told.push(change) };
  beforeAll(async () => {
    nats = await startThrowAwayNats();
    bus = await connectBus({ url: nats.server.url, name: 'spec' });
  });
  beforeEach(async () => {
    for await (const { config } of bus.manager.streams.list()) await bus.manager.streams.delete(config.name);
    await provisionStreams(bus);
    told = [];
  });
  afterAll(async () => {
    await bus.close();
    await nats.remove();
  });

  const configOf = async () => (await bus.manager.consumers.info(STREAM, NAME)).config;

  it('are made once, whoever starts at the same time', async () => {
    const others = await Promise.all([1, 2].map((each) => connectBus({ url: nats.server.url, name: `spec-${each}` })));

    await Promise.all([bus, ...others].map((each) => provisionConsumer(each, WANTED)));

    expect(await configOf()).toMatchObject({
      durable_name: NAME,
      ack_policy: 'explicit',
      deliver_policy: 'all',
      ack_wait: 30_000_000_000,
      max_deliver: -1,
      max_ack_pending: 4_096,
      description: 'Instances of health-service. [Steward applied {"ack_policy":"explicit","max_ack_pending":4096}]',
    });
    await Promise.all(others.map((each) => each.close()));
  });

  it('go on where they were when they are provisioned again, and nothing is told', async () => {
    await provisionConsumer(bus, WANTED);
    await publish(bus, 3);
    await take(bus, 2);

    const info = await provisionConsumer(bus, WANTED, listener);

    expect(info.delivered.stream_seq).toBe(2);
    expect(told).toEqual([]);
  });

  it('follow the version, keep their place, and tell each difference', async () => {
    await provisionConsumer(bus, WANTED);
    await publish(bus, 3);
    await take(bus, 2);

    const info = await provisionConsumer(bus, { ...WANTED, ackWaitMs: 60_000, maxAckPending: 100 }, listener);

    expect(info.config).toMatchObject({ ack_wait: 60_000_000_000, max_ack_pending: 100 });
    expect(await take(bus, 1)).toEqual([3]);
    expect(told).toEqual([
      {
        kind: 'consumer',
        name: NAME,
        action: 'updated',
        differences: [
          { field: 'ack_wait', from: '30s', to: '60s' },
          { field: 'max_ack_pending', from: '4096', to: '100' },
        ],
        warnings: [],
      },
    ]);
  });

  it('of the version before are taken over', async () => {
    await bus.manager.consumers.add(STREAM, {
      durable_name: NAME,
      ack_policy: 'explicit',
      deliver_policy: 'all',
      ack_wait: 5_000_000_000,
      max_deliver: -1,
      max_ack_pending: 1_000,
    });

    await provisionConsumer(bus, WANTED, listener);

    expect(await configOf()).toMatchObject({ ack_wait: 30_000_000_000, max_ack_pending: 4_096 });
    expect(told.map(({ action }) => action)).toEqual(['updated']);
  });

  it('are refused and not changed when somebody else changed one', async () => {
    await provisionConsumer(bus, WANTED);
    await bus.manager.consumers.update(STREAM, NAME, { max_deliver: 3 });

    const refusal = provisionConsumer(bus, { ...WANTED, ackWaitMs: 60_000 });

    await expect(refusal).rejects.toThrow(ConsumerDrift);
    await expect(refusal).rejects.toThrow(
      'JetStream consumer health_evt_agent of stream EVT_AGENT is not as this service needs it. ' +
        'max_deliver is 3, and this version needs -1; Steward applied -1, ' +
        'so a person with the nats command line or another program has changed it since. ' +
        'To go back: nats consumer edit EVT_AGENT health_evt_agent --max-deliver=-1.',
    );
    expect(await configOf()).toMatchObject({ max_deliver: 3, ack_wait: 30_000_000_000 });
  });

  it('are refused when somebody else made one that passes messages over, which no server can change', async () => {
    await bus.manager.consumers.add(STREAM, { durable_name: NAME, ack_policy: 'explicit', deliver_policy: 'new' });

    await expect(provisionConsumer(bus, WANTED)).rejects.toThrow(
      /deliver_policy is new, and this version needs all; .* nats consumer rm EVT_AGENT health_evt_agent is safe/,
    );
  });

  it('wait for a stream that is not there', async () => {
    await bus.manager.streams.delete(STREAM);

    await expect(provisionConsumer(bus, WANTED)).rejects.toThrow(BusUnavailable);
    await expect(isAheadOfStream(bus, WANTED)).rejects.toThrow(BusUnavailable);
  });

  it('that are gone are made anew and read from the beginning', async () => {
    await provisionConsumer(bus, WANTED);
    await publish(bus, 2);
    await take(bus, 2);

    await recreateConsumer(bus, WANTED, listener);
    expect(await take(bus, 2)).toEqual([1, 2]);
    await bus.manager.consumers.delete(STREAM, NAME);
    await recreateConsumer(bus, WANTED, listener);

    expect(await take(bus, 2)).toEqual([1, 2]);
    expect(told.map(({ action }) => action)).toEqual(['created', 'created']);
  });
});

describe('a consumer of a broker that lost its newest messages', () => {
  /** One life of the server; what it stored is on disk when it ends. */
  const during = async (nats: EmbeddedNats, work: (bus: Bus) => Promise<void>): Promise<void> => {
    await nats.restart();
    const bus = await connectBus({ url: nats.url, name: 'spec' });
    await work(bus);
    await bus.close();
    await nats.stop();
  };
  const copy = (from: string, to: string): void => {
    rmSync(to, { recursive: true, force: true });
    execFileSync('cp', ['-a', from, to]);
  };

  it('is found out when it stands ahead of the stream, and gets what comes next when it is made anew', async () => {
    const { server, remove } = await startThrowAwayNats();
    const stored = join(server.storeDir, 'jetstream', '$G', 'streams', STREAM, 'msgs');
    const kept = join(server.storeDir, 'kept');
    await during(server, async (bus) => {
      await provisionStreams(bus);
      await provisionConsumer(bus, WANTED);
      await publish(bus, 2);
      expect(await take(bus, 2)).toEqual([1, 2]);
      expect(await isAheadOfStream(bus, WANTED)).toBe(false);
    });
    copy(stored, kept);
    await during(server, async (bus) => {
      await publish(bus, 5);
      expect(await take(bus, 5)).toEqual([3, 4, 5, 6, 7]);
    });
    copy(kept, stored);

    await during(server, async (bus) => {
      // Servers of today put it back themselves at start; 2.10 and before do not.
      const isAhead = await isAheadOfStream(bus, WANTED);
      expect({ isAhead }).toEqual({ isAhead: /^2\.(9|10)\./.test(bus.serverVersion) });
      await publish(bus, 1);
      await recreateConsumer(bus, WANTED);
      expect(await isAheadOfStream(bus, WANTED)).toBe(false);
      expect(await take(bus, 3)).toEqual([1, 2, 3]);
    });
    await remove();
  }, 30_000);
});
