import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '#libs/testing';
import { copyStore, emptyStore, putBackStore, shortenRetention } from './broker-faults.ts';
import { checkHistory, type ViolationKind } from './check-history.ts';
import { readHistory } from './read-history.ts';
import { BusSystem, STREAM, type SystemOptions } from './system.ts';

jest.setTimeout(90_000);

const LOAD_MS = 1_500;
const OPTIONS: SystemOptions = { seed: 1, producers: 1, consumers: 1, eventsPerSecond: 100 };

/** The same run and the same checker, with a guarantee taken away. */
describe('a bus under the same checker', () => {
  let system: BusSystem;
  afterEach(() => system.close());

  /** Of the effects and the stream; a control keeps no inbox of ours. */
  async function kinds(): Promise<ViolationKind[]> {
    await system.pause();
    // Nobody waits for what never comes: all is quiet when the last event was applied, and a moment has passed.
    const { log } = await eventually(() => readHistory(system), { withinMs: 30_000 });
    const last = log.findLast(({ isPublished }) => isPublished);
    await eventually(async () => (await readHistory(system)).effects.some(({ event }) => event === last?.id), {
      withinMs: 30_000,
      everyMs: 200,
    });
    const found = checkHistory(await readHistory(system)).map(({ kind }) => kind);
    return [...new Set(found)].filter((kind) => kind !== 'inbox-behind');
  }
  async function loadFor(ms: number): Promise<void> {
    system.load();
    await delay(ms);
  }
  async function rollBack(): Promise<void> {
    await loadFor(LOAD_MS);
    const copy = await copyStore(system.nats);
    await delay(LOAD_MS);
    await system.nats.kill9();
    await putBackStore(system.nats, copy);
    await copy.remove();
    await system.nats.restart();
    await delay(LOAD_MS);
  }

  it('has doubles without an inbox when the broker forgets what it delivered', async () => {
    system = await BusSystem.open({ ...OPTIONS, consumer: 'control-without-inbox' });
    await rollBack();

    expect(await kinds()).toEqual(expect.arrayContaining(['applied-twice', 'own-event-twice']));
  });

  it('has losses when nobody puts back what an emptied broker had not delivered', async () => {
    system = await BusSystem.open({ ...OPTIONS, relay: 'control', consumer: 'control-with-inbox' });
    await loadFor(LOAD_MS);
    await Promise.all(system.consumers.map((member) => system.stop(member)));
    await loadFor(LOAD_MS);
    await system.nats.kill9();
    await emptyStore(system.nats);
    await system.nats.restart();
    await system.fill();
    await loadFor(LOAD_MS);

    expect(await kinds()).toEqual(['lost', 'message-missing']);
  });

  it('has losses when a consumer was away for longer than the stream keeps messages, and does not ask the log', async () => {
    system = await BusSystem.open({ ...OPTIONS, consumer: 'control-with-inbox' });
    await loadFor(LOAD_MS);
    await Promise.all(system.consumers.map((member) => system.stop(member)));
    await delay(LOAD_MS);
    await shortenRetention(system);
    await system.fill();
    await delay(LOAD_MS);

    expect(await kinds()).toEqual(['lost']);
    expect(
      await system.onBus(async ({ manager }) => (await manager.streams.info(STREAM)).state.first_seq),
    ).toBeGreaterThan(1);
  });
});
