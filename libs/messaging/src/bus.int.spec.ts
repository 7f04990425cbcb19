import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort, startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { correlationId } from '#libs/kernel';
import { runWithCorrelation } from '#libs/observability';
import { eventually, startFaultProxy, type FaultProxy } from '#libs/testing';
import { MessageTooLarge, NoAnswerInTime, NobodyListens, ReservedHeader } from './bus.errors.ts';
import { connectBus, natsHeaders, type Bus, type PlainMessage } from './bus.ts';
import { BusUnavailable } from './errors.ts';

const PATIENCE = { withinMs: 15_000 };

let nats: ThrowAway<EmbeddedNats>;
let proxy: FaultProxy;
let statuses: string[];
const open: { close: () => Promise<void> }[] = [];

beforeEach(async () => {
  nats = await startThrowAwayNats();
  proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: nats.server.port });
  statuses = [];
}, 30_000);

afterEach(async () => {
  await proxy.heal();
  await Promise.all(open.splice(0).map((one) => one.close()));
  await proxy.close();
  await nats.remove();
}, 30_000);

async function connected(url: string): Promise<Bus> {
  const bus = await connectBus({ url, name: 'spec', onStatus: ({ type }) => statuses.push(type) });
  open.push(bus);
  return bus;
}

const proxyUrl = () => `nats://127.0.0.1:${proxy.port}`;

describe('the connection to NATS', () => {
  it('knows that its server is away and that it is back, and tells those who want to know', async () => {
    const bus = await connected(nats.server.url);
    const told: string[] = [];
    bus.onReconnect(() => told.push('first'));
    bus.onReconnect(() => told.push('second'));
    const stop = bus.onReconnect(() => told.push('stopped'));
    stop();

    await nats.server.stop();
    await eventually(() => !bus.isConnected);

    await nats.server.restart();
    await eventually(() => told.length === 2, PATIENCE);
    expect(told).toEqual(['first', 'second']);
    expect(bus.isConnected).toBe(true);
    await bus.close();
    expect(bus.isConnected).toBe(false);
  }, 30_000);

  it('is given up within 10 s when nothing passes any more, and is there again when something does', async () => {
    const bus = await connected(proxyUrl());
    const other = await connected(nats.server.url);
    const heard: string[] = [];
    bus.subscribe('heard', ({ text }) => heard.push(text));
    await bus.ping();

    const startedAt = performance.now();
    proxy.blackhole(true);
    await eventually(() => !bus.isConnected, PATIENCE);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(statuses).toContain('staleConnection');

    await proxy.heal();
    await eventually(() => bus.isConnected, PATIENCE);
    await eventually(() => {
      other.publish('heard', 'again');
      return heard.length > 0;
    });
  }, 40_000);

  it('is given up, too, when more waits to be sent than the network takes', async () => {
    const bus = await connected(proxyUrl());
    await bus.ping();
    proxy.blackhole(true);
    const block = 'x'.repeat(1_000_000);
    for (let sent = 0; sent < 64; sent += 1) bus.publish('heard', block);

    await eventually(() => !bus.isConnected, PATIENCE);
    await proxy.heal();
    await eventually(() => bus.ping(), PATIENCE);
  }, 40_000);

  it('comes back after it was cut', async () => {
    const bus = await connected(proxyUrl());
    const told: string[] = [];
    bus.onReconnect(() => told.push('back'));

    proxy.cut();
    await eventually(() => told.length === 1, PATIENCE);
    expect(await bus.ping()).toBeGreaterThanOrEqual(0);
  }, 30_000);

  it('comes back after a server refused it for a while', async () => {
    const locked = await startThrowAwayNats({ extraConfig: 'authorization { user: somebody, password: else }' });
    open.push({ close: () => locked.remove() });
    const bus = await connected(proxyUrl());

    proxy.retarget(locked.server.port);
    proxy.cut();
    const refusals = () => statuses.filter((type) => type === 'error').length;
    await eventually(() => refusals() >= 3, PATIENCE);
    proxy.retarget(nats.server.port);

    await eventually(() => bus.isConnected, PATIENCE);
  }, 30_000);

  it('leaves no connection behind when the server has no JetStream', async () => {
    const plain = await startThrowAwayNats({ jetstream: false });
    open.push({ close: () => plain.remove() });
    proxy.retarget(plain.server.port);

    await expect(connectBus({ url: proxyUrl(), name: 'spec' })).rejects.toThrow(BusUnavailable);
    await eventually(() => proxy.connectionCount === 0);
  }, 30_000);

  it('is closed in time although the server does not answer, and says so', async () => {
    const bus = await connected(proxyUrl());
    bus.subscribe('heard', () => undefined);
    proxy.blackhole(true);

    const startedAt = performance.now();
    await Promise.all([bus.close(), bus.close()]);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    expect(bus.connection.isClosed()).toBe(true);
    expect(statuses).toContain('closedUndrained');
  }, 30_000);

  it('is closed at once while the server is away', async () => {
    const bus = await connected(nats.server.url);
    await nats.server.stop();
    await eventually(() => !bus.isConnected);

    await bus.close();
    expect(bus.connection.isClosed()).toBe(true);
  }, 30_000);
});

describe('a server that is about to stop', () => {
  it('is left for another one before it ends the connection', async () => {
    const [first, second] = await cluster();
    // JetStream answers once the two have found each other and chosen who leads.
    const bus = await eventually(() => connected(first.url), { withinMs: 30_000 });
    await eventually(() => bus.connection.getServers().length === 2, PATIENCE);
    expect(bus.connection.info?.port).toBe(first.port);

    process.kill(first.pid, 'SIGUSR2');

    await eventually(() => bus.connection.info?.port === second.port && bus.isConnected, PATIENCE);
    expect(statuses).toContain('ldm');
    expect(statuses).toContain('forceReconnect');
  }, 60_000);

  it('is not left when no other is known', async () => {
    const bus = await connected(nats.server.url);

    process.kill(nats.server.pid, 'SIGUSR2');
    await eventually(() => statuses.includes('ldm'), PATIENCE);

    expect(await bus.ping()).toBeGreaterThanOrEqual(0);
    expect(statuses).not.toContain('forceReconnect');
  }, 30_000);

  async function cluster(): Promise<readonly [EmbeddedNats, EmbeddedNats]> {
    const [one, two] = [await freePort(), await freePort()];
    const routes = `routes: [nats://127.0.0.1:${one}, nats://127.0.0.1:${two}]`;
    const config = (port: number) =>
      `cluster { name: spec, listen: "127.0.0.1:${port}", ${routes} }\nlame_duck_duration: "60s"\nlame_duck_grace_period: "10s"`;
    const started = await Promise.all([one, two].map((port) => startThrowAwayNats({ extraConfig: config(port) })));
    for (const server of started) open.push({ close: () => server.remove() });
    const [first, second] = started.map(({ server }) => server);
    if (!first || !second) throw new Error('two servers were started');
    return [first, second];
  }
});

describe('what is sent', () => {
  it('carries the correlation and the cause of the work that runs, in requests, answers and messages', async () => {
    const bus = await connected(nats.server.url);
    const arrived: PlainMessage[] = [];
    bus.serve(
      'ask.me',
      (message) => {
        arrived.push(message);
        runWithCorrelation({ correlationId: correlationId('answer'), causationId: 'the-question' }, () => {
          message.respond('yes');
        });
      },
      'spec',
    );
    bus.subscribe('told', (message) => arrived.push(message));

    const answer = await runWithCorrelation({ correlationId: correlationId('evening'), causationId: 'event-7' }, () => {
      bus.publish('told', 'plain');
      return bus.request('ask.me', '', 2_000);
    });

    await eventually(() => arrived.length === 2);
    for (const { headers } of arrived)
      expect(headers).toEqual({ 'correlation-id': 'evening', 'causation-id': 'event-7' });
    expect(answer.headers).toEqual({ 'correlation-id': 'answer', 'causation-id': 'the-question' });
  });

  it('carries none outside of any work, and what the caller says comes first', async () => {
    const bus = await connected(nats.server.url);
    const arrived: PlainMessage[] = [];
    bus.subscribe('told', (message) => arrived.push(message));

    bus.publish('told', '');
    runWithCorrelation({ correlationId: correlationId('evening') }, () => {
      bus.publish('told', '', { 'Correlation-Id': 'own' });
    });

    await eventually(() => arrived.length === 2);
    expect(arrived.map(({ headers }) => headers)).toEqual([{}, { 'correlation-id': 'own' }]);
  });

  it.each(['Nats-Rollup', 'nats-msg-id', 'NATS-TTL'])('cannot steer the server by %s', async (name) => {
    const bus = await connected(nats.server.url);
    bus.serve(
      'ask.me',
      (message) => {
        expect(() => {
          message.respond('yes', { [name]: 'all' });
        }).toThrow(ReservedHeader);
        message.respond('refused');
      },
      'spec',
    );

    expect(() => {
      bus.publish('told', '', { [name]: 'all' });
    }).toThrow(ReservedHeader);
    await expect(bus.request('ask.me', '', 1_000, { [name]: 'all' })).rejects.toThrow(ReservedHeader);
    expect(() => natsHeaders({ [name]: 'all' })).toThrow(ReservedHeader);
    expect((await bus.request('ask.me', '', 1_000)).text).toBe('refused');
  });

  it('is refused when the server would not take it, payload and headers together', async () => {
    const bus = await connected(nats.server.url);
    const limit = bus.connection.info?.max_payload ?? 0;
    bus.serve(
      'ask.me',
      (message) => {
        expect(() => {
          message.respond('x'.repeat(limit + 1));
        }).toThrow(MessageTooLarge);
        message.respond('too much');
      },
      'spec',
    );

    expect(() => {
      bus.publish('told', 'x'.repeat(limit), { Some: 'header' });
    }).toThrow(MessageTooLarge);
    await expect(bus.request('ask.me', 'x'.repeat(limit + 1), 1_000)).rejects.toThrow(MessageTooLarge);
    expect((await bus.request('ask.me', '', 1_000)).text).toBe('too much');
  });
});

describe('a request', () => {
  it('that nobody serves fails at once', async () => {
    const bus = await connected(nats.server.url);
    const startedAt = performance.now();

    const failure: unknown = await bus.request('ask.nobody', '', 10_000).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NobodyListens);
    expect(failure).toBeInstanceOf(BusUnavailable);
    expect(failure).toMatchObject({ code: 'messaging/nobody-listens', message: expect.stringContaining('ask.nobody') });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('that is not answered in time says how long it waited', async () => {
    const bus = await connected(nats.server.url);
    bus.serve('ask.slow', () => undefined, 'spec');

    await expect(bus.request('ask.slow', '', 50)).rejects.toThrow(NoAnswerInTime);
    await expect(bus.request('ask.slow', '', 50)).rejects.toThrow('within 50 ms');
  });

  it('that was on its way when the serving stopped is still handed over', async () => {
    const bus = await connected(nats.server.url);
    const asking = await connected(nats.server.url);
    const answered: string[] = [];
    const stop = bus.serve(
      'ask.me',
      (message) => {
        answered.push(message.text);
        message.respond('yes');
      },
      'spec',
    );
    await bus.ping();
    const numbers = Array.from({ length: 200 }, (_, index) => String(index));
    const answers = numbers.map((number) => asking.request('ask.me', number, 5_000));
    await asking.connection.flush();

    await stop();

    expect((await Promise.all(answers)).every(({ text }) => text === 'yes')).toBe(true);
    expect(answered).toEqual(numbers);
    await expect(asking.request('ask.me', '', 1_000)).rejects.toThrow(NobodyListens);
  });
});
