import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { STREAMS } from '#libs/contracts';
import { DAY_MS } from '#libs/kernel';
import { connectBus, type Bus } from '../bus.ts';
import { ProvisioningRefused, StreamDrift } from './provisioning.errors.ts';
import type { ProvisioningChange, UnsupportedFeature } from './settle.ts';
import { ensureStream, inspectStreams, provisionStreams } from './streams.ts';

const NANOSECONDS_PER_DAY = DAY_MS * 1_000_000;

describe('the streams of the system', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let bus: Bus;
  let others: Bus[] = [];
  let told: ProvisioningChange[] = [];
  let lacking: UnsupportedFeature[] = [];
  const listener = {
    onChange: (change: ProvisioningChange) => told.push(change),
    onUnsupported: (feature: UnsupportedFeature) => lacking.push(feature),
  };
  beforeAll(async () => {
    nats = await startThrowAwayNats();
    bus = await connectBus({ url: nats.server.url, name: 'spec' });
  });
  beforeEach(async () => {
    for (const name of await streamNames()) await bus.manager.streams.delete(name);
    told = [];
    lacking = [];
  });
  afterEach(async () => {
    await Promise.all(others.map((each) => each.close()));
    others = [];
  });
  afterAll(async () => {
    await bus.close();
    await nats.remove();
  });

  const connectOthers = async (count: number): Promise<Bus[]> => {
    others = await Promise.all(
      Array.from({ length: count }, (_, index) => connectBus({ url: nats.server.url, name: `spec-${index}` })),
    );
    return others;
  };
  const streamNames = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const { config } of bus.manager.streams.list()) names.push(config.name);
    return names.sort();
  };
  const configOf = async (name: string) => (await bus.manager.streams.info(name)).config;
  const actions = () => told.map(({ name, action }) => `${name} ${action}`);
  /** Whether this server has what nats-server 2.9 lacks; asked of the server, as the code does. */
  const hasCompression = async (): Promise<boolean> =>
    'compression' in (await bus.manager.streams.add({ name: 'PROBE', subjects: ['probe'] })).config;

  it('are made once, whoever starts at the same time, and each one is told of', async () => {
    await Promise.all([bus, ...(await connectOthers(3))].map((each) => provisionStreams(each, {}, listener)));

    expect(await streamNames()).toEqual([...STREAMS].sort());
    expect(new Set(actions())).toEqual(new Set(STREAMS.map((name) => `${name} created`)));
    expect(await configOf('EVT_AGENT')).toMatchObject({
      subjects: ['evt.agent.>'],
      storage: 'file',
      retention: 'limits',
      discard: 'old',
      max_age: 7 * NANOSECONDS_PER_DAY,
      max_bytes: -1,
      num_replicas: 1,
      duplicate_window: 120_000_000_000,
      description: 'Events of agent-service. [Steward applied {"subjects":["evt.agent.>"],"max_age":604800000000000}]',
    });
    expect((await configOf('DEAD_LETTERS')).max_age).toBe(30 * NANOSECONDS_PER_DAY);
  });

  it('stay as they are, with their messages, when they are provisioned again, and nothing is told', async () => {
    await provisionStreams(bus);
    await bus.jetstream.publish('evt.agent.demo.0.item.counted.flour', '{}');
    const before = await bus.manager.streams.info('EVT_AGENT');

    await provisionStreams(bus, {}, listener);

    const { config, state } = await bus.manager.streams.info('EVT_AGENT');
    expect({ config, messages: state.messages }).toEqual({ config: before.config, messages: 1 });
    expect({ told, lacking }).toEqual({ told: [], lacking: [] });
  });

  it('follow the configuration, tell each difference, and say what it does to messages', async () => {
    await provisionStreams(bus);

    await provisionStreams(bus, { maxAgeMs: DAY_MS, maxBytes: 10_000_000 }, listener);

    expect(await configOf('BUSINESS')).toMatchObject({ max_age: NANOSECONDS_PER_DAY, max_bytes: 10_000_000 });
    expect(told.find(({ name }) => name === 'EVT_AGENT')).toEqual({
      kind: 'stream',
      name: 'EVT_AGENT',
      action: 'updated',
      differences: [
        { field: 'max_age', from: '168h', to: '24h' },
        { field: 'max_bytes', from: 'unlimited', to: '10000000 bytes' },
      ],
      warnings: [
        'The server drops messages of EVT_AGENT that are older than 24h; the log in Postgres keeps their events.',
        'The server drops messages of EVT_AGENT that are beyond 10000000 bytes; the log in Postgres keeps their events.',
      ],
    });
    expect(told.find(({ name }) => name === 'DEAD_LETTERS')?.differences.map(({ field }) => field)).toEqual([
      'max_bytes',
    ]);
    told = [];
    await provisionStreams(bus, { maxAgeMs: DAY_MS, maxBytes: 10_000_000 }, listener);
    expect(told).toEqual([]);
  });

  it('are changed by services that start at the same time as one of them would', async () => {
    await provisionStreams(bus);
    const buses = await connectOthers(3);

    await Promise.all(buses.map((each) => provisionStreams(each, { maxAgeMs: DAY_MS }, listener)));

    expect((await configOf('EVT_AGENT')).max_age).toBe(NANOSECONDS_PER_DAY);
    expect(await inspectStreams(bus, { maxAgeMs: DAY_MS }, [])).toEqual([]);
  });

  it('agree on one configuration even when services with different ones make them at the same time', async () => {
    const [one, two] = await connectOthers(2);
    if (!one || !two) throw new Error('unreachable');

    await Promise.all([provisionStreams(one, { maxAgeMs: DAY_MS }), provisionStreams(two, { maxAgeMs: 2 * DAY_MS })]);
    await provisionStreams(bus, { maxAgeMs: DAY_MS });

    expect((await configOf('EVT_AGENT')).max_age).toBe(NANOSECONDS_PER_DAY);
  });

  it('of the version before are taken over', async () => {
    for (const name of STREAMS) {
      const subjects = [`${name.toLowerCase().replace('_', '.')}.>`];
      await bus.manager.streams.add({ name, subjects, max_age: 7 * NANOSECONDS_PER_DAY, storage: 'file' });
    }
    for (const [name, subjects] of [
      ['BUSINESS', 'business.>'],
      ['DEAD_LETTERS', 'dead.>'],
    ] as const) {
      await bus.manager.streams.update(name, { subjects: [subjects] });
    }

    await provisionStreams(bus, {}, listener);

    expect(actions()).toEqual(
      STREAMS.map((name) => (name === 'DEAD_LETTERS' ? 'DEAD_LETTERS updated' : `${name} noted`)),
    );
    await provisionStreams(bus, { maxAgeMs: DAY_MS });
    expect((await configOf('EVT_AGENT')).max_age).toBe(NANOSECONDS_PER_DAY);
  });

  describe('that somebody else changed', () => {
    beforeEach(async () => {
      await provisionStreams(bus);
      await bus.manager.streams.update('EVT_AGENT', { max_age: NANOSECONDS_PER_DAY, subjects: ['evt.agent.demo.>'] });
    });

    it('are refused and not changed; the refusal says who, what and what to do', async () => {
      const refusal = provisionStreams(bus, { maxAgeMs: 2 * DAY_MS }, listener);

      await expect(refusal).rejects.toThrow(StreamDrift);
      await expect(refusal).rejects.toThrow(
        'JetStream stream EVT_AGENT is not as this service needs it. ' +
          'subjects is ["evt.agent.demo.>"], and this version needs ["evt.agent.>"]; Steward applied ["evt.agent.>"], ' +
          'so a person with the nats command line or another program has changed it since. ' +
          "To go back: nats stream edit EVT_AGENT --subjects='evt.agent.>'. " +
          'max_age is 24h, and STREAM_MAX_AGE_HOURS=48 asks for 48h; Steward applied 168h, ' +
          'so a person with the nats command line or another program has changed it since. ' +
          'To go back: nats stream edit EVT_AGENT --max-age=48h. To keep it: STREAM_MAX_AGE_HOURS=24 for every service.',
      );
      expect(await configOf('EVT_AGENT')).toMatchObject({ max_age: NANOSECONDS_PER_DAY });
      expect(told).toEqual([]);
    });

    it('are shown while services run', async () => {
      expect(await inspectStreams(bus, {}, [])).toMatchObject([
        {
          stream: 'EVT_AGENT',
          trouble: 'changed by somebody else',
          detail: [/^subjects is/, /^max_age is 24h/].map((pattern) => expect.stringMatching(pattern)),
        },
      ]);
    });

    it('are accepted when the configuration asks for what they have become, and can be changed again later', async () => {
      await bus.manager.streams.update('EVT_AGENT', { subjects: ['evt.agent.>'] });

      await provisionStreams(bus, { maxAgeMs: DAY_MS }, listener);
      expect(told.find(({ name }) => name === 'EVT_AGENT')?.action).toBe('noted');
      await provisionStreams(bus, { maxAgeMs: 3 * DAY_MS });

      expect((await configOf('EVT_AGENT')).max_age).toBe(3 * NANOSECONDS_PER_DAY);
    });
  });

  it('are refused when somebody else made one that keeps other subjects or forgets what it acknowledged', async () => {
    await bus.manager.streams.add({ name: 'EVT_AGENT', subjects: ['evt.agent.demo.>'], storage: 'memory' });

    const refusal = provisionStreams(bus);

    await expect(refusal).rejects.toThrow(
      /subjects is \["evt\.agent\.demo\.>"\], and this version needs \["evt\.agent\.>"\]/,
    );
    await expect(refusal).rejects.toThrow(
      /storage is memory, and this version needs file; .* nats stream rm EVT_AGENT/,
    );
  });

  it('keep the words that somebody put into the description', async () => {
    await provisionStreams(bus);
    const { description = '' } = await configOf('ALERTS');
    await bus.manager.streams.update('ALERTS', { description: description.replace('Alerts', 'Ask Ada. Alerts') });

    await provisionStreams(bus, { maxAgeMs: DAY_MS });

    expect((await configOf('ALERTS')).description).toBe(
      'Ask Ada. Alerts for subscribers outside. [Steward applied {"subjects":["alerts.>"],"max_age":86400000000000}]',
    );
  });

  it('are not made where the server cannot keep them so, and it is said which setting decides', async () => {
    const refusal = provisionStreams(bus, { replicas: 3 });

    await expect(refusal).rejects.toThrow(ProvisioningRefused);
    await expect(refusal).rejects.toThrow(
      /refuses stream EVT_AGENT: .*replicas.* \(10074\)\. This server is in no cluster: set STREAM_REPLICAS to 1/,
    );
    expect(await streamNames()).toEqual([]);
  });

  it('are compressed where the server can, and go without where it cannot, which is said', async () => {
    const canCompress = await hasCompression();

    const unsupported = await provisionStreams(bus, { compression: 's2' }, listener);

    const { compression, description } = await configOf('EVT_AGENT');
    const note = description?.includes('"compression":"s2"');
    if (canCompress) {
      expect({ compression, note, lacking, unsupported }).toEqual({
        compression: 's2',
        note: true,
        lacking: [],
        unsupported: [],
      });
    } else {
      expect({ compression, note }).toEqual({ compression: undefined, note: false });
      expect(lacking).toHaveLength(STREAMS.length);
      expect(lacking[0]).toMatchObject({ kind: 'stream', name: 'EVT_AGENT', field: 'compression', wanted: 's2' });
      expect(lacking[0]?.reason).toMatch(/compression/);
      expect(unsupported).toEqual(lacking);
    }
    expect(await inspectStreams(bus, { compression: 's2' }, unsupported)).toEqual([]);
    told = [];
    await provisionStreams(bus, { compression: 's2' }, listener);
    expect(told).toEqual([]);
    await provisionStreams(bus, {}, listener);
    expect(told.map(({ action }) => action)).toEqual(canCompress ? STREAMS.map(() => 'updated') : []);
  });

  it('are made anew for a relay that misses one, and never changed by it', async () => {
    await provisionStreams(bus);
    await bus.manager.streams.delete('EVT_AGENT');

    expect(await ensureStream(bus, 'EVT_AGENT', { maxAgeMs: DAY_MS }, listener)).toBe(true);
    expect(await ensureStream(bus, 'EVT_HEALTH', { maxAgeMs: DAY_MS }, listener)).toBe(false);

    expect(actions()).toEqual(['EVT_AGENT created']);
    expect((await configOf('EVT_HEALTH')).max_age).toBe(7 * NANOSECONDS_PER_DAY);
    expect(await inspectStreams(bus, {}, [])).toEqual([
      {
        stream: 'EVT_AGENT',
        trouble: 'configured otherwise by another service',
        detail: ['max_age is 24h, and this service asks for 168h.'],
      },
    ]);
    await bus.manager.streams.delete('EVT_AGENT');
    expect(await inspectStreams(bus, {}, [])).toMatchObject([{ stream: 'EVT_AGENT', trouble: 'missing' }]);
  });
});
