import { describe, expect, it } from '@jest/globals';
import type { CloudEvent } from '#libs/contracts';
import { DAY_MS, HOUR_MS } from '#libs/kernel';
import { PublishStopped } from '../tools/publisher/publisher.errors.ts';
import { defaultStart, Pace } from './pace.ts';
import { restaurant } from './restaurant.ts';
import { runSimulation } from './run.ts';
import type { RunPlan } from './run.ts';
import { newState } from './state.ts';
import type { SimulationState } from './state.ts';

const FROM = new Date('2026-11-22T11:00:00Z');
const SPEED = 600;

/** A run on the spec's own clock: every wait lets exactly its time pass. */
function runWith(overrides: Partial<RunPlan> & { days?: number; state?: SimulationState } = {}) {
  let elapsedMs = 0;
  const sent: { event: CloudEvent; elapsedMs: number }[] = [];
  const saved: SimulationState[] = [];
  const state = overrides.state ?? newState(1, FROM, 'demo');
  const endMs = FROM.getTime() + (overrides.days ?? 1) * DAY_MS;
  const plan: RunPlan = {
    events: restaurant(state.seed, new Date(state.from), state.tenant),
    state,
    pace: new Pace(Date.parse(state.simulatedTime), 0, SPEED, endMs),
    endMs,
    publisher: {
      publish: (events) => {
        sent.push(...events.map((event) => ({ event, elapsedMs })));
        const items = events.map(({ id, source }) => ({ id, source, status: 'accepted' as const }));
        return Promise.resolve({ accepted: items.length, duplicates: 0, rejected: 0, items });
      },
    },
    stop: new AbortController().signal,
    elapsedMs: () => elapsedMs,
    wait: (delayMs) => {
      elapsedMs += delayMs;
      return Promise.resolve();
    },
    save: (current) => saved.push(current),
    onBatch: () => undefined,
    ...overrides,
  };
  return { done: runSimulation(plan), sent, saved };
}

function eventsUntil(days: number): CloudEvent[] {
  const events: CloudEvent[] = [];
  for (const { atMs, event } of restaurant(1, FROM, 'demo')) {
    if (atMs >= FROM.getTime() + days * DAY_MS) break;
    events.push(event);
  }
  return events;
}

describe('a simulation run', () => {
  it('publishes each event when its time has come, in order, and ends with its last day', async () => {
    const { done, sent } = runWith({ days: 2 });
    await done;

    expect(sent.map(({ event }) => event)).toEqual(eventsUntil(2));
    for (const { event, elapsedMs } of sent) {
      const dueMs = (Date.parse(event.time ?? '') - FROM.getTime()) / SPEED;
      expect(elapsedMs).toBeGreaterThanOrEqual(dueMs);
      expect(elapsedMs - dueMs).toBeLessThanOrEqual(200);
    }
  });

  it('goes on where an earlier run was killed, repeating only the last batch', async () => {
    const killed = new Error('killed');
    let batches = 0;
    const first = runWith({
      days: 2,
      save: (state) => {
        batches += 1;
        if (batches === 20) throw Object.assign(killed, { state });
      },
    });
    await expect(first.done).rejects.toBe(killed);
    const lost = (killed as Error & { state?: SimulationState }).state;
    if (lost === undefined) throw new Error('no state was saved');

    const second = runWith({ days: 2, state: lost });
    await second.done;

    const before = first.sent.map(({ event }) => event.id);
    const after = second.sent.map(({ event }) => event.id);
    const repeated = after.filter((id) => before.includes(id));
    expect(repeated.length).toBeGreaterThan(0);
    expect(repeated).toHaveLength(lost.lastConfirmed - lost.lastBatchFrom + 1);
    expect([...new Set([...before, ...after])]).toEqual(eventsUntil(2).map(({ id }) => id));
  });

  it('stops between batches and says how far it came', async () => {
    const stop = new AbortController();
    const { done, saved } = runWith({
      stop: stop.signal,
      onBatch: () => {
        stop.abort();
      },
    });
    const state = await done;

    expect(state.lastConfirmed).toBeGreaterThan(0);
    expect(saved.at(-1)).toEqual(state);
  });

  it('leaves what was not confirmed to the next run', async () => {
    const { done } = runWith({ publisher: { publish: () => Promise.reject(new PublishStopped()) } });

    expect(await done).toMatchObject({ lastConfirmed: 0, lastBatchFrom: 1 });
  });

  it('delivers the backlog after the API was away, in order', async () => {
    let awayMs = 0;
    const order: string[] = [];
    const { done } = runWith({
      days: 3,
      elapsedMs: () => awayMs,
      wait: (delayMs) => {
        awayMs += delayMs;
        return Promise.resolve();
      },
      publisher: {
        publish: (events) => {
          // A whole simulated day passes in each request.
          awayMs += DAY_MS / SPEED;
          order.push(...events.map(({ id }) => id));
          const items = events.map(({ id, source }) => ({ id, source, status: 'accepted' as const }));
          return Promise.resolve({ accepted: items.length, duplicates: 0, rejected: 0, items });
        },
      },
    });
    await done;

    expect(order).toEqual(eventsUntil(3).map(({ id }) => id));
  });
});

describe('the simulated clock', () => {
  it('begins at the latest 11:00 UTC that has passed', () => {
    expect(defaultStart(Date.parse('2026-11-22T10:59:59Z')).toISOString()).toBe('2026-11-21T11:00:00.000Z');
    expect(defaultStart(Date.parse('2026-11-22T11:00:00Z')).toISOString()).toBe('2026-11-22T11:00:00.000Z');
    expect(defaultStart(Date.parse('2026-11-22T23:10:00Z')).toISOString()).toBe('2026-11-22T11:00:00.000Z');
  });

  it('runs at its speed, up to its end', () => {
    const pace = new Pace(0, 5_000, 600, 20 * HOUR_MS);

    expect(pace.simulatedMs(5_000)).toBe(0);
    expect(pace.simulatedMs(11_000)).toBe(HOUR_MS);
    expect(pace.simulatedMs(500_000)).toBe(20 * HOUR_MS);
  });
});
