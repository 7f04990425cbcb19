import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { START } from '#libs/event-store';
import { eventually } from '#libs/testing';
import { BusFixture, deviations, NO_DEVIATION, STREAM } from '../bus-fixture.contract.ts';
import type { Relay, RelayOptions } from './relay.ts';
import { provisionStreams } from '../provisioning/streams.ts';

jest.setTimeout(40_000);

describe('the relay', () => {
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

  const hasAll = async (): Promise<void> => {
    const { state } = await fixture.bus.manager.streams.info(STREAM);
    expect(state.messages).toBeGreaterThanOrEqual((await fixture.published()).length);
  };
  const freeLease = (): Promise<object[]> => fixture.agent.database.query('delete from leases');

  it('puts each event that is published into the stream, once and in order, with its place in the log', async () => {
    await fixture.append(0, 300);
    const lags: number[] = [];
    fixture.relay(fixture.bus, { onLag: (lag) => lags.push(lag) });
    await fixture.append(300, 600);
    await eventually(hasAll, { withinMs: 15_000 });

    expect(deviations(await fixture.published(), await fixture.stored())).toEqual(NO_DEVIATION);
    await eventually(() => lags.at(-1) === 0);
    const message = await fixture.bus.manager.streams.getMessage(STREAM, { seq: 2 });
    const [, second] = await fixture.published();
    expect(message?.header.get('Nats-Msg-Id')).toBe(`agent:0:1:${second ?? ''}`);
    expect(message?.header.get('Steward-Epoch')).toBe('1');
    expect(message?.subject).toMatch(/^evt\.agent\.demo\.\d+\.counter\.counted\.counter-c/);
    expect(fixture.failures).toEqual([]);
  });

  it('keeps order and makes no doubles when two of them work at once', async () => {
    const steps = [0, 0, 0];
    for (const index of steps.keys()) {
      // Each one finds the lease free and keeps on until its next renewal: for a while all of them publish.
      await freeLease();
      const onLag = (): void => {
        steps[index] = (steps[index] ?? 0) + 1;
      };
      fixture.relay(await fixture.connect(), { owner: `relay-${index}`, onLag });
      await eventually(() => {
        expect(steps[index]).toBeGreaterThan(0);
      });
    }
    const before = [...steps];
    for (let wave = 0; wave < 6; wave += 1) await fixture.append(wave * 100, wave * 100 + 100);
    await eventually(hasAll, { withinMs: 15_000 });

    expect(steps.filter((count, index) => count > (before[index] ?? 0)).length).toBeGreaterThan(1);
    expect(deviations(await fixture.published(), await fixture.stored())).toEqual(NO_DEVIATION);
  });

  it('goes on after a restart of the broker that no longer remembers its last message id', async () => {
    // Within its window for doubles the server knows the last id; on a quiet night the last message is older than that.
    const { config } = await fixture.bus.manager.streams.info(STREAM);
    await fixture.bus.manager.streams.update(STREAM, { ...config, duplicate_window: 100_000_000 });
    await fixture.append(0, 30);
    const relay = fixture.relay(fixture.bus);
    await eventually(hasAll, { withinMs: 15_000 });
    await fixture.stop(relay);
    const storedAt = performance.now();
    await eventually(() => performance.now() - storedAt > 150);
    await nats.server.restart();
    await eventually(() => fixture.bus.ping());

    await fixture.append(30, 60);
    fixture.relay(fixture.bus);

    await eventually(hasAll, { withinMs: 15_000 });
    expect(deviations(await fixture.published(), await fixture.stored())).toEqual(NO_DEVIATION);
  });

  it('goes on behind a message that someone else put into the stream', async () => {
    await fixture.append(0, 30);
    await fixture.stop(await relayed());
    await fixture.bus.jetstream.publish('evt.agent.demo.0.counter.counted.stray', '{}');

    await fixture.append(30, 60);
    await relayed();

    const stored = await fixture.stored();
    expect(stored.filter((at) => at === 0)).toHaveLength(1);
    expect(
      deviations(
        await fixture.published(),
        stored.filter((at) => at > 0),
      ),
    ).toEqual(NO_DEVIATION);
  });

  it('begins again at the tail when it saved nothing of what it published', async () => {
    await fixture.append(0, 60);
    await fixture.stop(await relayed());
    await fixture.agent.database.query('delete from relay_progress');

    await fixture.append(60, 90);
    await relayed();

    expect(deviations(await fixture.published(), await fixture.stored())).toEqual(NO_DEVIATION);
  });

  it('leaves no hole when the broker loses what it confirmed while the relay works', async () => {
    const refills: number[] = [];
    await fixture.append(0, 30);
    await relayed({ onRefill: (from) => refills.push(from) });
    await fixture.bus.manager.streams.delete(STREAM);
    await provisionStreams(fixture.bus);

    await fixture.append(30, 60);
    await eventually(hasAll, { withinMs: 15_000 });

    expect(deviations(await fixture.published(), await fixture.stored())).toEqual(NO_DEVIATION);
    expect(refills).toEqual([START]);
    expect(fixture.failures.map(String)).toEqual([expect.stringContaining('wrong last msg ID')]);
  });

  async function relayed(options: Partial<RelayOptions> = {}): Promise<Relay> {
    const relay = fixture.relay(fixture.bus, options);
    await eventually(async () => {
      const newest = (await fixture.published()).at(-1);
      expect((await fixture.stored()).filter((at) => at === newest)).not.toEqual([]);
    });
    return relay;
  }
});
