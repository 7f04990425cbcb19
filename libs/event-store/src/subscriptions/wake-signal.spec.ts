import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '#libs/testing';
import { WakeSignal } from './wake-signal.ts';

const LONG_MS = 600_000;
const never = new AbortController().signal;

/** Whether the promise is still open after the event loop has turned a few times. */
async function isOpen(promise: Promise<void>): Promise<boolean> {
  let open = true;
  void promise.then(() => {
    open = false;
  });
  for (let round = 0; round < 5; round += 1) await turn();
  return open;
}

describe('a wake signal', () => {
  it('ends the wait that is under way', async () => {
    const wake = new WakeSignal();
    const wait = wake.wait(LONG_MS, never);
    expect(await isOpen(wait)).toBe(true);

    wake.notify();

    expect(await isOpen(wait)).toBe(false);
  });

  it('ends the next wait when nobody waits yet, and only that one', async () => {
    const wake = new WakeSignal();
    const stop = new AbortController();
    wake.notify();
    wake.notify();

    expect(await isOpen(wake.wait(LONG_MS, stop.signal))).toBe(false);
    const second = wake.wait(LONG_MS, stop.signal);

    expect(await isOpen(second)).toBe(true);
    stop.abort();
    await second;
  });

  it('ends by itself after the time it was given', async () => {
    await expect(new WakeSignal().wait(1, never)).resolves.toBeUndefined();
  });

  it('ends without an error when the signal aborts, before or meanwhile', async () => {
    const wake = new WakeSignal();
    const stop = new AbortController();
    const wait = wake.wait(LONG_MS, stop.signal);

    stop.abort();

    await expect(wait).resolves.toBeUndefined();
    await expect(wake.wait(LONG_MS, stop.signal)).resolves.toBeUndefined();
  });

  it('loses no call, at whatever moment of the loop it comes', async () => {
    const wake = new WakeSignal();
    const stop = new AbortController();
    let published = 0;
    let seen = 0;
    const loop = (async () => {
      while (!stop.signal.aborted) {
        seen = published;
        await turn(); // the work during which calls come, too
        await wake.wait(LONG_MS, stop.signal);
      }
    })();

    for (let round = 1; round <= 2_000; round += 1) {
      published = round;
      wake.notify();
      for (let step = 0; step < round % 4; step += 1) await Promise.resolve();
      if (round % 3 === 0) await turn();
    }

    await eventually(() => seen === published);
    stop.abort();
    await loop;
  });
});
