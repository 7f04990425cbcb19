import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { position } from '#libs/event-store';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { ask, connectBus, NoAnswerInTime, NobodyListens, QueryRefused, type Bus } from '#libs/messaging';
import { eventually, sequentialIds } from '#libs/testing';
import { systemClock } from '../http/request-ids.ts';
import { PositionGate } from '../reads/position-gate.ts';
import { answerQueries } from './answer-queries.ts';

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };
const answer = z.object({ by: z.string(), text: z.string().optional() });
const question = { service: 'agent', query: 'who', answer };

let nats: ThrowAway<EmbeddedNats>;
let asker: Bus;
const instances: Bus[] = [];

beforeEach(async () => {
  nats = await startThrowAwayNats();
  asker = await connectBus({ url: nats.server.url, name: 'asker' });
}, 30_000);

afterEach(async () => {
  await Promise.all([asker, ...instances.splice(0)].map((bus) => bus.close()));
  await nats.remove();
});

async function instance(by: string, work: (query: unknown) => Promise<object>): Promise<() => Promise<void>> {
  const bus = await connectBus({ url: nats.server.url, name: by });
  instances.push(bus);
  const look = () => Promise.resolve({ epoch: 1, head: position(0), subscribers: [] });
  const positions = new PositionGate({ look, clock: systemClock, waitMs: 1_000 });
  const ask = async (query: unknown): Promise<unknown> => ({ by, ...(await work(query)) });
  const options = { bus, subject: 'query.agent.who', service: 'agent', ids: sequentialIds(), logger, positions, ask };
  const stop = answerQueries(options);
  await bus.ping();
  return stop;
}

describe('the instances of a service', () => {
  it('share the queries, and one that stops answers what it has begun and gets no more', async () => {
    const slow = Promise.withResolvers<object>();
    let begun = 0;
    const stop = await instance('one', () => {
      begun += 1;
      return slow.promise;
    });
    const waiting = ask(asker, { ...question, deadlineMs: 20_000 });
    await eventually(() => begun === 1);
    await instance('two', () => Promise.resolve({}));

    const stopped = stop();
    await eventually(async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(asker, question)));
      expect(answers.map(({ by }) => by)).toEqual(Array.from({ length: 20 }, () => 'two'));
    });
    slow.resolve({});

    await stopped;
    expect(await waiting).toEqual({ by: 'one' });
  }, 30_000);

  it('that are all stopped serve nobody', async () => {
    const stop = await instance('one', () => Promise.resolve({}));
    await stop();

    await expect(ask(asker, question)).rejects.toThrow(NobodyListens);
  });
});

describe('a query over the bus', () => {
  it('that takes too long is refused before its asker gives up', async () => {
    await instance('one', () => new Promise(silent));

    const failure = await ask(asker, { ...question, deadlineMs: 500 }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(NoAnswerInTime);
    expect(failure).toMatchObject({ cause: expect.any(QueryRefused) });
  });

  it('whose answer is too large says so', async () => {
    await instance('one', () => Promise.resolve({ text: 'x'.repeat(2 ** 20) }));

    const failure = await ask(asker, question).catch((error: unknown) => error);

    expect(failure).toMatchObject({ status: 413, kind: 'too-large', code: 'query/answer-too-large' });
  });
});
