import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { NO_DEVIATION, RelayFixture, STREAM } from './relay-fixture.contract.ts';
import { startingPoint, type StartingPoint } from './relay-progress.ts';
import type { Relay } from './relay.ts';

jest.setTimeout(60_000);

describe('what a broker loses', () => {
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

  const store = (): string => join(nats.server.storeDir, 'jetstream');
  const isThrough = (): Promise<unknown> => eventually(() => fixture.isThrough(), { withinMs: 25_000 });

  /** The server's files become what `change` makes of them while it is away. */
  async function whileStopped(change: () => Promise<void>): Promise<void> {
    await nats.server.stop();
    await change();
    await nats.server.restart();
    await fixture.reconnect();
  }
  const emptied = (): Promise<void> => whileStopped(() => rm(store(), { recursive: true }));

  /** Appends all the time while something happens. */
  async function underLoad(happening: () => Promise<void>): Promise<void> {
    let appended = 1_000;
    const happened = new AbortController();
    const load = (async () => {
      for (; !happened.signal.aborted; appended += 30) await fixture.append(appended, appended + 30);
    })();
    await eventually(() => fixture.isThrough());
    await happening();
    happened.abort();
    await load;
    await fixture.append(appended, appended + 31);
  }

  it('nothing, when it is killed under load', async () => {
    fixture.relay(await fixture.connect());
    await underLoad(async () => {
      await nats.server.kill9();
      await nats.server.restart();
      await fixture.reconnect();
    });

    await isThrough();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it.each([
    { what: 'its store', lose: () => emptied() },
    {
      what: 'its stream',
      lose: async () => {
        await fixture.bus.manager.streams.delete(STREAM);
      },
    },
    {
      what: 'all messages of the stream',
      lose: async () => {
        await fixture.bus.manager.streams.purge(STREAM);
      },
    },
    {
      what: 'the last messages of the stream',
      lose: async () => {
        const { state } = await fixture.bus.manager.streams.info(STREAM);
        for (let back = 0; back < 40; back += 1)
          await fixture.bus.manager.streams.deleteMessage(STREAM, state.last_seq - back);
      },
    },
  ])('is put back while the relay is idle: $what', async ({ lose }) => {
    await fixture.append(0, 120);
    fixture.relay(await fixture.connect());
    await isThrough();
    await eventually(() => fixture.lags.at(-1) === 0);

    await lose();

    await isThrough();
    expect(fixture.refills).toHaveLength(1);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await fixture.append(120, 150);
    await isThrough();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it.each([
    { what: 'its store', lose: () => emptied() },
    {
      what: 'its stream',
      lose: async () => {
        await fixture.bus.manager.streams.delete(STREAM);
      },
    },
  ])('is put back under load: $what', async ({ lose }) => {
    await fixture.append(0, 300);
    fixture.relay(await fixture.connect());
    await isThrough();

    await underLoad(lose);

    await isThrough();
    expect(fixture.refills.length).toBeGreaterThan(0);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
  });

  it('is noticed by the next message, when somebody made the stream anew before the relay looked', async () => {
    await fixture.append(0, 61);
    fixture.relay(await fixture.connect(), { watchMs: 60_000 });
    await isThrough();
    await fixture.bus.manager.streams.delete(STREAM);
    await fixture.makeStream();

    await fixture.append(61, 92);

    await isThrough();
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(fixture.failures.map(String)).toEqual([expect.stringContaining('wrong last msg ID')]);
  });

  it.each(['idle', 'under load'])('is put back after its files were those of before: %s', async (how) => {
    const copy = `${store()}-copy`;
    await fixture.append(0, 120);
    fixture.relay(await fixture.connect());
    await isThrough();
    await whileStopped(() => copyFolder(store(), copy));
    await fixture.append(120, 240);
    await isThrough();
    const rollBack = (): Promise<void> =>
      whileStopped(async () => {
        await rm(store(), { recursive: true });
        await copyFolder(copy, store());
      });

    if (how === 'idle') await rollBack();
    else await underLoad(rollBack);

    await isThrough();
    expect(fixture.refills.length).toBeGreaterThan(0);
    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    await rm(copy, { recursive: true });
  });

  it('is put back from the edge of retention only', async () => {
    await fixture.append(0, 60);
    await fixture.database.query('alter table events disable trigger events_are_immutable');
    await fixture.database.query(
      "update events set recorded_at = recorded_at - interval '2 days' where position <= 30",
    );
    await fixture.bus.manager.streams.delete(STREAM);
    await fixture.makeStream({ max_age: 86_400_000_000_000 });
    fixture.relay(await fixture.connect());
    await isThrough();
    const first = await fixture.deviations(30);
    await fixture.bus.manager.streams.purge(STREAM);
    await eventually(() => fixture.refills.length > 0);
    await isThrough();

    expect(first).toEqual(NO_DEVIATION);
    expect(fixture.refills).toEqual([30]);
    expect(await fixture.deviations(30)).toEqual(NO_DEVIATION);
  });

  it.each([
    { begins: "at the broker's tail", startingAt: startingPoint, lost: 0 },
    {
      begins: 'where it had come to before',
      startingAt: (_: unknown, { scanned }: { scanned: StartingPoint['after'] }): StartingPoint => ({
        after: scanned,
        refilling: false,
      }),
      lost: 40,
    },
  ])(
    'stays lost ($lost) with a relay that begins $begins',
    async ({ startingAt, lost }) => {
      await fixture.append(0, 60);
      const relay = fixture.relay(await fixture.connect());
      await isThrough();
      await fixture.stop(relay);
      await emptied();
      await fixture.makeStream();

      fixture.relay(await fixture.connect(), {}, await relayThatBegins(startingAt));
      await fixture.append(60, 90);

      await isThrough();
      expect((await fixture.deviations()).lost).toHaveLength(lost);
    },
    30_000,
  );
});

/** With owners and times, as the server left it. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

/** The relay itself, with another answer to the question where it begins. */
async function relayThatBegins(startingAt: typeof startingPoint): Promise<typeof Relay> {
  const progress = await import('./relay-progress.ts');
  jest.resetModules();
  jest.unstable_mockModule('./relay-progress.ts', () => ({ ...progress, startingPoint: startingAt }));
  const { Relay: Double } = await import('./relay.ts');
  return Double;
}
