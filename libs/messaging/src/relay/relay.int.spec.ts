import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { Database, PostgresEventStore } from '#libs/event-store';
import { eventually, sequentialIds, startFaultProxy } from '#libs/testing';
import { LOG, NO_DEVIATION, RelayFixture, STREAM } from './relay-fixture.contract.ts';
import type { RelayOptions } from './relay-options.ts';
import type { Relay } from './relay.ts';

jest.setTimeout(40_000);

describe('the relay', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let fixture: RelayFixture;
  beforeAll(async () => {
    nats = await startThrowAwayNats();
  });
  beforeEach(async () => {
    fixture = await RelayFixture.open(nats.server.url);
  });
  afterEach(() => fixture.close());
  afterAll(() => nats.remove());

  const isThrough = (): Promise<unknown> => eventually(() => fixture.isThrough(), { withinMs: 15_000 });
  const freeLease = (): Promise<object[]> => fixture.database.query('delete from leases');
  async function relayed(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const relay = fixture.relay(fixture.bus, options);
    await isThrough();
    return relay;
  }

  it('puts each event that is published into the stream, once and in order, with its place in the log', async () => {
    await fixture.append(0, 300);
    fixture.relay(fixture.bus);
    await fixture.append(300, 600);
    await isThrough();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await eventually(() => fixture.lags.at(-1) === 0);
    const message = await fixture.bus.manager.streams.getMessage(STREAM, { seq: 2 });
    const [, second] = await fixture.published();
    expect(message?.subject).toMatch(/^evt\.agent\.demo\.\d+\.counter\.counted\.counter-c/);
    expect(Object.fromEntries([...(message?.header ?? [])])).toEqual({
      'Nats-Msg-Id': [`agent:0:1:${second?.position ?? ''}`],
      'Nats-Expected-Last-Msg-Id': [expect.stringMatching(/^agent:0:1:\d+$/)],
      'Content-Type': ['application/cloudevents+json'],
      'Steward-Log': ['agent'],
      'Steward-Epoch': ['1'],
      'Steward-Position': [String(second?.position)],
      'Steward-Slot': [String(second?.slot)],
      'Steward-Previous-Position': ['0'],
      'Correlation-Id': ['c-1'],
    });
    expect(fixture.failures).toEqual([]);
    expect(fixture.refills).toEqual([]);
  });

  it('names exactly the event before in the same slot, also after it was stopped or died', async () => {
    await fixture.append(0, 200);
    await fixture.stop(await relayed());
    await fixture.append(200, 300);
    const dying = await relayed();
    // As a relay that died right after it published: what it noted is older than what the stream holds.
    const [noted] = await fixture.database.query('select * from relay_progress');
    await fixture.append(300, 400);
    await isThrough();
    await fixture.stop(dying);
    const { scanned_position: scanned, published_position: published, last_of_slots: slots } = noted ?? {};
    await fixture.database.query(
      'update relay_progress set scanned_position = $1, published_position = $2, last_of_slots = $3',
      [scanned, published, slots],
    );
    await fixture.append(400, 500);
    await relayed();

    const last = new Map<number, number>();
    const inexact = (await fixture.stored()).filter(({ slot, previous, position }) => {
      const expected = last.get(slot) ?? 0;
      last.set(slot, position);
      return previous !== expected;
    });
    expect(inexact).toEqual([]);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('keeps order and makes no doubles when several of them work at once', async () => {
    let number = 0;
    let atOnce = 0;
    // On a busy machine the first ones may have given up before the last one begins: then there is another try.
    for (let attempt = 0; attempt < 10 && atOnce < 2; attempt += 1) {
      const steps = [0, 0, 0];
      const relays: Relay[] = [];
      for (const index of steps.keys()) {
        // Each one finds the lease free and keeps on until its next renewal: for a while all of them publish.
        await freeLease();
        const onLag = (): void => {
          steps[index] = (steps[index] ?? 0) + 1;
        };
        relays.push(fixture.relay(await fixture.connect(), { owner: `relay-${index}`, onLag }));
        await eventually(() => (steps[index] ?? 0) > 0);
      }
      const before = [...steps];
      for (let wave = 0; wave < 6; wave += 1, number += 100) await fixture.append(number, number + 100);
      await isThrough();
      atOnce = steps.filter((count, index) => count > (before[index] ?? 0)).length;
      for (const relay of relays) await fixture.stop(relay);
    }

    expect(atOnce).toBeGreaterThan(1);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('moves nothing back after another one has taken its lease', async () => {
    await fixture.append(0, 60);
    const late = await relayed({ owner: 'late' });
    await freeLease();
    await fixture.database.query(
      "insert into leases values ('relay:EVT_AGENT', 'other', 7, clock_timestamp() + interval '1 minute')",
    );
    await fixture.database.query(
      'update relay_progress set fence = 7, published_position = 1000, scanned_position = 1000',
    );

    await fixture.append(60, 90);
    await fixture.stop(late);

    expect(await fixture.database.query('select published_position, fence from relay_progress')).toEqual([
      { published_position: 1000, fence: 7 },
    ]);
  });

  it('ends when its database is away for longer than its lease, and makes no hole or double beside the next one', async () => {
    const { hostname, port } = new URL(fixture.url);
    const proxy = await startFaultProxy({ targetHost: hostname, targetPort: Number(port) });
    const far = new URL(fixture.url);
    far.port = String(proxy.port);
    const database = new Database({ url: far.href, schema: LOG, applicationName: 'far', answerTimeoutMs: 1_000 });
    const store = new PostgresEventStore({ database, ids: sequentialIds(90) });
    await fixture.append(0, 60);
    const paused = fixture.relay(await fixture.connect(), { owner: 'paused', database, store });
    await isThrough();

    proxy.blackhole(true);
    await fixture.append(60, 120);
    fixture.relay(await fixture.connect(), { owner: 'next' });
    await isThrough();
    await proxy.heal();
    for (let wave = 2; wave < 6; wave += 1) await fixture.append(wave * 60, wave * 60 + 60);
    await isThrough();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await fixture.stop(paused);
    await database.close();
    await proxy.close();
  });

  it('goes on after a restart of the broker that no longer remembers its last message id', async () => {
    // Within its window for doubles the server knows the last id; on a quiet night the last message is older than that.
    const { config } = await fixture.bus.manager.streams.info(STREAM);
    await fixture.bus.manager.streams.update(STREAM, { ...config, duplicate_window: 100_000_000 });
    await fixture.append(0, 30);
    await fixture.stop(await relayed());
    const storedAt = performance.now();
    await eventually(() => performance.now() - storedAt > 150);
    await nats.server.restart();
    await eventually(() => fixture.bus.ping());

    await fixture.append(30, 60);
    await relayed();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('goes on behind a message that someone else put into the stream', async () => {
    await fixture.append(0, 30);
    await relayed();
    await fixture.bus.jetstream.publish('evt.agent.demo.0.counter.counted.stray', '{}');
    await eventually(() => fixture.failures.length > 0);

    await fixture.append(30, 60);
    await isThrough();

    expect(fixture.failures.map(String)).toEqual([expect.stringContaining('EVT_AGENT is not as the relay left it')]);
    expect((await fixture.stored()).filter(({ position }) => position === 0)).toHaveLength(1);
    expect(await fixture.deviations()).toMatchObject({ lost: [], doubled: [], brokenChain: [0] });
  });

  it('begins again at the tail when it saved nothing of what it published', async () => {
    await fixture.append(0, 60);
    await fixture.stop(await relayed());
    await fixture.database.query('delete from relay_progress');

    await fixture.append(60, 90);
    await relayed();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('publishes nothing while the log is behind the stream, as after a restore that began no epoch', async () => {
    await fixture.append(0, 60);
    await fixture.stop(await relayed());
    await fixture.restoreTo(30);
    await fixture.database.query('set session_replication_role = replica');
    await fixture.database.query('delete from incarnations where epoch = 2');
    await fixture.append(100, 110);
    fixture.relay(fixture.bus);

    await eventually(() => fixture.failures.length > 0);

    expect(String(fixture.failures[0])).toContain(
      'Nothing is published until a restored database has begun a new epoch',
    );
    expect(await fixture.stored()).toHaveLength(40);
  });

  it('publishes again what never arrived, though it had sent all of it', async () => {
    const proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: nats.server.port });
    await fixture.append(0, 61);
    fixture.relay(await fixture.connect(`nats://127.0.0.1:${proxy.port}`), { publishTimeoutMs: 300 });
    await isThrough();
    proxy.blackhole(true);
    await fixture.append(61, 90);
    await eventually(() => fixture.failures.length > 0);
    // What the hole holds is gone with its connection.
    proxy.cut();
    await proxy.heal();
    await eventually(() => fixture.isThrough(), { withinMs: 20_000 });

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await fixture.close();
    await proxy.close();
    fixture = await RelayFixture.open(nats.server.url);
  });

  it.each(['cuts', 'holes'])('leaves no hole when its connection has %s under load', async (fault) => {
    const proxy = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: nats.server.port });
    fixture.relay(await fixture.connect(`nats://127.0.0.1:${proxy.port}`), { publishTimeoutMs: 300 });
    for (let wave = 0; wave < 8; wave += 1) {
      const appended = fixture.append(wave * 100, wave * 100 + 100);
      if (fault === 'cuts') proxy.cut();
      else proxy.blackhole(wave % 2 === 0);
      await appended;
    }
    await proxy.heal();
    await eventually(() => fixture.isThrough(), { withinMs: 20_000 });

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await fixture.close();
    await proxy.close();
    fixture = await RelayFixture.open(nats.server.url);
  });
});
