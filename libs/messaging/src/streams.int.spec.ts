import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { STREAMS } from '#libs/contracts';
import { DAY_MS } from '#libs/kernel';
import { connectBus, type Bus } from './bus.ts';
import { StreamDrift } from './errors.ts';
import { provisionStreams } from './streams.ts';

describe('the streams of the system', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let bus: Bus;
  beforeAll(async () => {
    nats = await startThrowAwayNats();
    bus = await connectBus({ url: nats.server.url, name: 'spec' });
  });
  beforeEach(async () => {
    for (const name of await streamNames()) await bus.manager.streams.delete(name);
  });
  afterAll(async () => {
    await bus.connection.close();
    await nats.remove();
  });

  const streamNames = async (): Promise<string[]> => {
    const names: string[] = [];
    for await (const { config } of bus.manager.streams.list()) names.push(config.name);
    return names.sort();
  };
  const configOf = async (name: string) => (await bus.manager.streams.info(name)).config;

  it('are made once, whoever starts at the same time', async () => {
    const others = await Promise.all(
      [1, 2, 3].map((each) => connectBus({ url: nats.server.url, name: `spec-${each}` })),
    );

    await Promise.all([bus, ...others].map((each) => provisionStreams(each)));

    expect(await streamNames()).toEqual([...STREAMS].sort());
    expect(await configOf('EVT_AGENT')).toMatchObject({
      subjects: ['evt.agent.>'],
      storage: 'file',
      retention: 'limits',
      discard: 'old',
      max_age: 7 * DAY_MS * 1_000_000,
      duplicate_window: 120_000_000_000,
    });
    await Promise.all(others.map((each) => each.connection.close()));
  });

  it('stay as they are, with their messages, when they are provisioned again', async () => {
    await provisionStreams(bus);
    await bus.jetstream.publish('evt.agent.demo.0.item.counted.flour', '{}');
    const before = await configOf('EVT_AGENT');

    await provisionStreams(bus);

    const { config, state } = await bus.manager.streams.info('EVT_AGENT');
    expect({ config, messages: state.messages }).toEqual({ config: before, messages: 1 });
  });

  it('are made as the operator wants them', async () => {
    await provisionStreams(bus, { maxAgeMs: DAY_MS });

    expect((await configOf('BUSINESS')).max_age).toBe(DAY_MS * 1_000_000);
  });

  it('are refused, and not changed, when one is otherwise than wanted', async () => {
    await provisionStreams(bus, { maxAgeMs: DAY_MS });

    const refusal = provisionStreams(bus);

    await expect(refusal).rejects.toThrow(StreamDrift);
    await expect(refusal).rejects.toThrow(
      /EVT_AGENT is not as this service needs it: max_age is 86400000000000, wanted 604800000000000\. .*nats command line/,
    );
    expect((await configOf('EVT_AGENT')).max_age).toBe(DAY_MS * 1_000_000);
  });

  it('are refused when one keeps other subjects or forgets what it acknowledged', async () => {
    await bus.manager.streams.add({ name: 'EVT_AGENT', subjects: ['evt.agent.demo.>'], storage: 'memory' });

    const refusal = provisionStreams(bus);

    await expect(refusal).rejects.toThrow(/subjects is \["evt\.agent\.demo\.>"\], wanted \["evt\.agent\.>"\]/);
    await expect(refusal).rejects.toThrow(/storage is "memory", wanted "file"/);
  });
});
