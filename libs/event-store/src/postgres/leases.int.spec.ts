import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '#libs/testing';
import { acquireLease, releaseLease } from './leases.ts';
import { openLog, type LogFixture } from './log-fixture.contract.ts';

const LONG_MS = 600_000;

describe('a lease', () => {
  let log: LogFixture;
  beforeAll(async () => {
    log = await openLog();
  });
  afterAll(() => log.close());

  it('has one holder, however many ask at once', async () => {
    const owners = Array.from({ length: 12 }, (_, index) => `owner-${index}`);

    const leases = await Promise.all(owners.map((owner) => acquireLease(log.database, 'one', owner, LONG_MS)));

    expect(leases.filter((lease) => lease !== undefined)).toEqual([{ name: 'one', fence: 1 }]);
  });

  it('is renewed by its holder under the same fence, and refused to others', async () => {
    await acquireLease(log.database, 'renewed', 'a', LONG_MS);

    expect(await acquireLease(log.database, 'renewed', 'a', LONG_MS)).toEqual({ name: 'renewed', fence: 1 });
    expect(await acquireLease(log.database, 'renewed', 'b', LONG_MS)).toBeUndefined();
  });

  it('is free at once when it is given back, and the next owner has a higher fence', async () => {
    await acquireLease(log.database, 'given-back', 'a', LONG_MS);

    await releaseLease(log.database, 'given-back', 'a');

    expect(await acquireLease(log.database, 'given-back', 'b', LONG_MS)).toEqual({ name: 'given-back', fence: 2 });
    expect(await acquireLease(log.database, 'given-back', 'a', LONG_MS)).toBeUndefined();
  });

  it('is not given back by someone who does not hold it', async () => {
    await acquireLease(log.database, 'not-yours', 'a', LONG_MS);

    await releaseLease(log.database, 'not-yours', 'b');

    expect(await acquireLease(log.database, 'not-yours', 'b', LONG_MS)).toBeUndefined();
  });

  it('ends by the time of the database', async () => {
    await acquireLease(log.database, 'expires', 'a', 200);

    const [held] = await log.database.query<{ held: boolean }>(
      "select until > clock_timestamp() and until <= clock_timestamp() + interval '200 ms' as held from leases where name = 'expires'",
    );
    expect(held).toEqual({ held: true });
    const lease = await eventually(async () => (await acquireLease(log.database, 'expires', 'b', LONG_MS)) ?? false);
    expect(lease).toEqual({ name: 'expires', fence: 2 });
  });

  it('keeps its fence when its last owner comes back after it ended', async () => {
    await acquireLease(log.database, 'again', 'a', 0);

    expect(await acquireLease(log.database, 'again', 'a', LONG_MS)).toEqual({ name: 'again', fence: 1 });
  });
});
