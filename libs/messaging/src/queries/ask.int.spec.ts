import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { correlationId } from '#libs/kernel';
import { runWithCorrelation } from '#libs/observability';
import { MessageTooLarge, NoAnswerInTime, NobodyListens } from '../bus.errors.ts';
import { connectBus, type Bus, type PlainMessage } from '../bus.ts';
import { ask, type Question } from './ask.ts';
import { AnswerNotUnderstood, QueryRefused } from './query.errors.ts';

const stock = z.object({ data: z.array(z.object({ sku: z.string() })) });
const question: Question<z.output<typeof stock>> = { service: 'agent', query: 'list-stock', answer: stock };
const PROBLEM = { 'Content-Type': 'application/problem+json' };
const problem = {
  type: 'urn:steward:problem:stock/unknown',
  title: 'There is no such thing',
  status: 404,
  detail: 'No item has the SKU X.',
  instance: 'urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057',
  code: 'stock/unknown',
  traceId: '0af7651916cd43dd8448eb211c80319c',
};

let nats: ThrowAway<EmbeddedNats>;
let bus: Bus;
let answer: (message: PlainMessage) => void;
let asked: PlainMessage[];

beforeAll(async () => {
  nats = await startThrowAwayNats();
  bus = await connectBus({ url: nats.server.url, name: 'spec' });
  bus.serve(
    'query.agent.list-stock',
    (message) => {
      asked.push(message);
      answer(message);
    },
    'agent',
  );
}, 30_000);

afterAll(async () => {
  await bus.close();
  await nats.remove();
});

beforeEach(() => {
  asked = [];
  answer = (message) => {
    message.respond('{"data":[{"sku":"VEG001"}]}', { 'Content-Type': 'application/json' });
  };
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('a question to another service', () => {
  it('is answered with what the schema says', async () => {
    expect(await ask(bus, { ...question, body: { sku: 'VEG001' } })).toEqual({ data: [{ sku: 'VEG001' }] });
    expect(asked.map(({ text }) => text)).toEqual(['{"sku":"VEG001"}']);
  });

  it('tells deadline, position, correlation and cause', async () => {
    await runWithCorrelation({ correlationId: correlationId('evening'), causationId: 'event-7' }, () =>
      ask(bus, { ...question, deadlineMs: 1_234.5, waitFor: { epoch: 2, position: 17 } }),
    );

    expect(asked[0]?.headers).toEqual({
      'content-type': 'application/json',
      'steward-timeout-ms': '1234',
      'steward-wait-for-position': '2:17',
      'correlation-id': 'evening',
      'causation-id': 'event-7',
    });
  });

  it('that nobody serves fails at once', async () => {
    await expect(ask(bus, { ...question, query: 'list-nothing', deadlineMs: 60_000 })).rejects.toThrow(NobodyListens);
  });

  it('that is not answered by the deadline fails then', async () => {
    answer = () => undefined;

    await expect(ask(bus, { ...question, deadlineMs: 50 })).rejects.toThrow(NoAnswerInTime);
  });

  it('that the service gives up in time is late, too', async () => {
    answer = (message) => {
      message.respond(JSON.stringify({ ...problem, status: 504, code: 'query/too-late' }), PROBLEM);
    };
    const failure = await failureOf(ask(bus, question));

    expect(failure).toBeInstanceOf(NoAnswerInTime);
    expect(failure).toMatchObject({ cause: expect.objectContaining({ code: 'query/too-late', status: 504 }) });
  });

  it('that is refused says why, as the service did', async () => {
    answer = (message) => {
      message.respond(JSON.stringify({ ...problem, errors: [{ pointer: '#/sku', detail: 'is unknown' }] }), PROBLEM);
    };
    const failure = await failureOf(ask(bus, question));

    expect(failure).toBeInstanceOf(QueryRefused);
    expect(failure).toMatchObject({
      kind: 'not-found',
      code: 'stock/unknown',
      status: 404,
      detail: 'No item has the SKU X.',
      requestId: '01890a5d-ac96-774b-bcce-b302099a8057',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      violations: [{ pointer: '#/sku', detail: 'is unknown' }],
    });
  });

  it.each([
    [500, 'unavailable'],
    [503, 'unavailable'],
    [409, 'conflict'],
    [413, 'too-large'],
    [422, 'invalid'],
  ])('that is refused with %d is %s', async (status, kind) => {
    answer = (message) => {
      message.respond(JSON.stringify({ ...problem, status, retryAfterSeconds: 3 }), PROBLEM);
    };

    expect(await failureOf(ask(bus, question))).toMatchObject({ status, kind, retryAfterMs: 3_000 });
  });

  it.each([
    ['no JSON', 'soup', {}],
    ['another form', '{"data":[{"sku":7}]}', {}],
    ['a problem that is none', '{"sorry":true}', PROBLEM],
  ])('that is answered with %s is not understood', async (_, text, headers) => {
    answer = (message) => {
      message.respond(text, headers);
    };
    const failure = await failureOf(ask(bus, question));

    expect(failure).toBeInstanceOf(AnswerNotUnderstood);
    expect((failure as AnswerNotUnderstood).violations.length).toBeGreaterThan(0);
  });

  it('that is too large for a message is not sent', async () => {
    await expect(ask(bus, { ...question, body: 'x'.repeat(2 ** 21) })).rejects.toThrow(MessageTooLarge);
    expect(asked).toEqual([]);
  });
});
