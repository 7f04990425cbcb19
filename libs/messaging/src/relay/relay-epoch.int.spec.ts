import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { NO_DEVIATION, RelayFixture } from './relay-fixture.contract.ts';

jest.setTimeout(40_000);

describe('a relay whose log begins another life', () => {
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
  const epochs = async (): Promise<number[]> => [...new Set((await fixture.stored()).map(({ epoch }) => epoch))];

  it.each(['runs', 'begins afterwards'])(
    'deletes what was taken back, and swallows nothing of what followed: it %s',
    async (how) => {
      await fixture.append(0, 240);
      const relay = fixture.relay(fixture.bus);
      await isThrough();
      if (how !== 'runs') await fixture.stop(relay);

      await fixture.restoreTo(90);
      // Other events at the positions of those that were taken back.
      await fixture.append(1_001, 1_100);
      if (how !== 'runs') fixture.relay(fixture.bus);
      await isThrough();

      expect(await fixture.deviations()).toEqual(NO_DEVIATION);
      expect(await epochs()).toEqual([1, 2]);
      expect(fixture.refills).toEqual([]);
    },
  );

  it('deletes it although nothing follows', async () => {
    await fixture.append(0, 120);
    fixture.relay(fixture.bus);
    await isThrough();

    await fixture.restoreTo(60);

    await eventually(async () => {
      expect(fixture.failures).toEqual([]);
      expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    });
  });

  it('keeps what both lives share, and goes on behind it', async () => {
    await fixture.append(0, 60);
    fixture.relay(fixture.bus);
    await isThrough();
    await fixture.beginEpoch();
    await fixture.append(60, 90);
    await isThrough();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(await epochs()).toEqual([1, 2]);
  });

  it('knows of lives that began one after another', async () => {
    await fixture.append(0, 240);
    const relay = fixture.relay(fixture.bus);
    await isThrough();
    await fixture.stop(relay);
    await fixture.restoreTo(60);
    await fixture.append(1_001, 1_100);
    await fixture.restoreTo(130);
    await fixture.append(2_001, 2_150);
    fixture.relay(fixture.bus);
    await isThrough();

    expect(await fixture.deviations()).toEqual(NO_DEVIATION);
    expect(await epochs()).toEqual([1, 3]);
  });
});
