import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort, startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { connectBus, type Bus } from '../bus.ts';
import { readDurability } from './durability.ts';
import { provisionStreams } from './streams.ts';

describe('the durability of a real server', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let bus: Bus;
  beforeAll(async () => {
    nats = await startThrowAwayNats({ httpPort: 0 });
    bus = await connectBus({ url: nats.server.url, name: 'spec' });
    await provisionStreams(bus);
  });
  afterAll(async () => {
    await bus.close();
    await nats.remove();
  });

  it('is read from its page, which the oldest servers do not fill', async () => {
    const isOld = bus.serverVersion.startsWith('2.9.');

    expect(await readDurability(bus, nats.server.httpUrl)).toEqual({
      grade: 'page-cache',
      syncIntervalMs: {
        value: isOld ? 60_000 : 120_000,
        source: isOld ? `fixed in nats-server ${bus.serverVersion}` : expect.stringMatching(/^\/varz of steward-/),
        assumed: false,
      },
      replicas: { value: 1, source: 'stream EVT_AGENT, which has the fewest', assumed: false },
      version: { value: bus.serverVersion, source: 'the server that this service is connected to', assumed: false },
    });
  });

  it('is assumed when the page does not answer, and it is said why', async () => {
    const { problem, grade } = await readDurability(bus, `http://127.0.0.1:${await freePort(0)}`);

    expect(grade).toBe('page-cache');
    expect(problem).toMatch(/^NATS_MONITORING_URL did not answer: .*ECONNREFUSED/);
  });

  it('is known for the page of another server', async () => {
    const other = await startThrowAwayNats({ httpPort: 0 });

    expect((await readDurability(bus, other.server.httpUrl)).problem).toMatch(/not the one that NATS_URL leads to/);
    await other.remove();
  });
});
