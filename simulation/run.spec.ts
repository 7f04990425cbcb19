import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import type { CloudEvent } from '#libs/contracts';
import { DAY_MS, HOUR_MS } from '#libs/kernel';
import { PublishStopped } from '../tools/publisher/publisher.errors.ts';
import type { Label } from './label.ts';
import { Pace } from './pace.ts';
import { readBusiness } from './profile.ts';
import { runSimulation } from './run.ts';
import type { RunPlan } from './run.ts';
import { simulateBusiness } from './simulate-business.ts';
import { newState, storyOf } from './state.ts';
import type { SimulationState } from './state.ts';

const FROM = new Date('2026-11-20T05:00:00Z');
const SPEED = 600;
const RESTAURANT = readBusiness(join(import.meta.dirname, '..', 'config', 'restaurant.yaml'));
const NEW = newState({ ...RESTAURANT, seed: 1, from: FROM, tenant: 'demo', historyDays: 0 });
const HISTORY = newState({ ...RESTAURANT, seed: 1, from: FROM, tenant: 'demo', historyDays: 2 });

/** A run on the spec's own clock: every wait lets exactly its time pass. */
function runWith(overrides: Partial<RunPlan> & { days?: number; state?: SimulationState } = {}) {
  let elapsedMs = 0;
  const sent: { event: CloudEvent; elapsedMs: number }[] = [];
  const saved: SimulationState[] = [];
  const labels: Label[] = [];
  const state = overrides.state ?? NEW;
  const business = simulateBusiness(storyOf(state));
  const plan: RunPlan = {
    events: business,
    state,
    historyEndMs: business.historyEndMs,
    speed: SPEED,
    endMs: FROM.getTime() + (overrides.days ?? 1) * DAY_MS,
    tickMs: 200,
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
    onLabels: (told) => labels.push(...told),
    onBatch: () => undefined,
    ...overrides,
  };
  return { done: runSimulation(plan), sent, saved, labels, business };
}

function eventsUntil(days: number, state = NEW): CloudEvent[] {
  const events: CloudEvent[] = [];
  for (const { atMs, event } of simulateBusiness(storyOf(state))) {
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

  it('publishes its history at once, and goes on at its speed from there', async () => {
    const { done, sent, business } = runWith({ state: HISTORY, days: 3 });
    await done;

    expect(sent.map(({ event }) => event)).toEqual(eventsUntil(3, HISTORY));
    for (const { event, elapsedMs } of sent) {
      const afterMs = Date.parse(event.time ?? '') - business.historyEndMs;
      if (afterMs <= 0) expect(elapsedMs).toBe(0);
      else expect(elapsedMs).toBeGreaterThanOrEqual(afterMs / SPEED);
    }
  });

  it('goes on with a history that was interrupted, at once', async () => {
    const killed = new Error('killed');
    const first = runWith({
      state: HISTORY,
      days: 3,
      onBatch: () => {
        throw killed;
      },
    });
    await expect(first.done).rejects.toBe(killed);
    const lost = first.saved.at(-1);
    if (lost === undefined) throw new Error('no state was saved');
    expect(Date.parse(lost.simulatedTime)).toBeLessThanOrEqual(first.business.historyEndMs);

    const second = runWith({ state: lost, days: 3 });
    await second.done;

    expect(second.sent[0]?.elapsedMs).toBe(0);
    const ids = [...first.sent, ...second.sent].map(({ event }) => event.id);
    expect([...new Set(ids)]).toEqual(eventsUntil(3, HISTORY).map(({ id }) => id));
  });

  it('goes on where an earlier run was killed, repeating only the last batch and no label', async () => {
    const killed = new Error('killed');
    const first = runWith({
      days: 2,
      save: (state) => {
        if (first.labels.length > 0) throw Object.assign(killed, { state });
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
    const whole = runWith({ days: 2 });
    await whole.done;
    expect([...first.labels, ...second.labels]).toEqual(whole.labels);
    expect(whole.labels.length).toBeGreaterThan(2);
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

  it('ends when its real time is over', async () => {
    const { done, sent } = runWith({ days: 5, longestMs: 60_000 });
    await done;

    expect(sent.at(-1)?.elapsedMs).toBeLessThanOrEqual(60_200);
    expect(sent.at(-1)?.elapsedMs).toBeGreaterThan(30_000);
  });

  it('leaves what was not confirmed to the next run', async () => {
    const { done, labels } = runWith({ publisher: { publish: () => Promise.reject(new PublishStopped()) } });

    expect(await done).toMatchObject({ lastConfirmed: 0, lastBatchFrom: 1 });
    expect(labels).toEqual([]);
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
  it('runs at its speed, up to its end', () => {
    const pace = new Pace(0, 5_000, 600, 20 * HOUR_MS);

    expect(pace.simulatedMs(5_000)).toBe(0);
    expect(pace.simulatedMs(11_000)).toBe(HOUR_MS);
    expect(pace.simulatedMs(500_000)).toBe(20 * HOUR_MS);
  });
});
