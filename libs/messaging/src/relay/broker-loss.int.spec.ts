import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { START } from '#libs/event-store';
import { eventually } from '#libs/testing';
import { BusFixture, deviations, NO_DEVIATION, STREAM } from '../bus-fixture.contract.ts';
import { startingPoint, type StartingPoint } from './relay-progress.ts';
import type { Relay } from './relay.ts';
import { provisionStreams } from '../provisioning/streams.ts';

jest.setTimeout(60_000);

describe('events on their way while the broker loses what it holds', () => {
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
    expect(await fixture.applied()).toContain((await fixture.published()).at(-1));
  };
  const isStored = async (): Promise<void> => {
    const { state } = await fixture.bus.manager.streams.info(STREAM);
    expect(state.messages).toBe((await fixture.published()).length);
  };

  /** The disk of the broker is gone; it comes back empty, and a service that starts provisions it. */
  async function emptyTheBroker(): Promise<void> {
    await nats.server.stop();
    await rm(join(nats.server.storeDir, 'jetstream'), { recursive: true });
    await nats.server.restart();
    await fixture.reconnect();
    await provisionStreams(fixture.bus);
    expect((await fixture.bus.manager.streams.info(STREAM)).state.messages).toBe(0);
  }

  it('are applied once and in order although the server is killed under load', async () => {
    fixture.relay(await fixture.connect());
    fixture.consumer(await fixture.connect());
    let appended = 0;
    const load = (async () => {
      for (; appended < 900; appended += 30) await fixture.append(appended, appended + 30);
    })();
    await eventually(async () => (await fixture.applied()).length > 60, { withinMs: 10_000 });

    await nats.server.kill9();
    await load;
    await nats.server.restart();
    await fixture.append(900, 960);

    await eventually(isThrough, { withinMs: 25_000 });
    expect(deviations(await fixture.published(), await fixture.applied())).toEqual(NO_DEVIATION);
  });

  it('are put back from the log when the store was emptied, and applied once', async () => {
    const refills: number[] = [];
    await fixture.append(0, 120);
    const relay = fixture.relay(await fixture.connect());
    const consumer = fixture.consumer(await fixture.connect());
    await eventually(isThrough, { withinMs: 15_000 });
    await fixture.stop(consumer);
    await fixture.append(120, 180);
    await eventually(isStored, { withinMs: 15_000 });
    await fixture.stop(relay);
    const before = (await fixture.applied()).length;

    await emptyTheBroker();
    fixture.relay(await fixture.connect(), { onRefill: (from) => refills.push(from) });
    fixture.consumer(await fixture.connect());
    await fixture.append(180, 210);

    await eventually(isThrough, { withinMs: 15_000 });
    expect(refills).toEqual([START]);
    expect(before).toBeGreaterThan(0);
    expect(deviations(await fixture.published(), await fixture.applied())).toEqual(NO_DEVIATION);
    await eventually(isStored, { withinMs: 15_000 });
  });

  it.each([
    { begins: "at the broker's tail", startingAt: startingPoint, loses: false },
    {
      begins: 'where it had come to before',
      startingAt: (_: unknown, { scanned }: { scanned: StartingPoint['after'] }): StartingPoint => ({
        after: scanned,
        last: START,
        refilling: false,
      }),
      loses: true,
    },
  ])(
    'are lost by a relay that begins $begins: $loses',
    async ({ startingAt, loses }) => {
      await fixture.append(0, 60);
      const relay = fixture.relay(await fixture.connect());
      await eventually(isStored, { withinMs: 15_000 });
      await fixture.stop(relay);
      await emptyTheBroker();

      fixture.relay(await fixture.connect(), {}, await relayThatBegins(startingAt));
      fixture.consumer(await fixture.connect());
      await fixture.append(60, 90);

      await eventually(isThrough, { withinMs: 15_000 });
      expect(deviations(await fixture.published(), await fixture.applied()).lost).toHaveLength(loses ? 40 : 0);
    },
    30_000,
  );
});

/** The relay itself, with another answer to the question where it begins. */
async function relayThatBegins(startingAt: typeof startingPoint): Promise<typeof Relay> {
  const progress = await import('./relay-progress.ts');
  jest.resetModules();
  jest.unstable_mockModule('./relay-progress.ts', () => ({ ...progress, startingPoint: startingAt }));
  const { Relay: Double } = await import('./relay.ts');
  return Double;
}
