import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import {
  agentItemSchema,
  ingestBatchResultSchema,
  LOG_POSITION_HEADER,
  querySubject,
  stockPageSchema,
  WAIT_FOR_POSITION_HEADER,
} from '#libs/contracts';
import { eventually, aStockMovement } from '#libs/testing';
import { openSurroundings, type RunningService, type Surroundings } from './running-service.contract.ts';

jest.setTimeout(60_000);

const READ_WAIT_MS = 1_500;

let surroundings: Surroundings;
let service: RunningService;
let counter = 0;

beforeAll(async () => {
  surroundings = await openSurroundings();
  service = await surroundings.start({ INSTANCE_ID: 'first', READ_WAIT_MS: String(READ_WAIT_MS) });
}, 60_000);

afterAll(() => surroundings.close(), 30_000);

type Answer = Readonly<{ status: number; body: unknown; position: string | null; headers: Headers }>;

async function call(path: string, options: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${service.url}${path}`, options);
  const text = await answer.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: answer.status, body, headers: answer.headers, position: answer.headers.get(LOG_POSITION_HEADER) };
}

/** Takes so many of an item into stock, each by an event of its own. */
async function receive(sku: string, events: number): Promise<Answer> {
  return call('/v1/events', {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(
      Array.from({ length: events }, () => {
        counter += 1;
        return aStockMovement({ id: `received-${counter}`, sku, movement: 'in', quantity: 1 });
      }),
    ),
  });
}

const waiting = (position: string | null) => ({ headers: { [WAIT_FOR_POSITION_HEADER]: position ?? '' } });
const stockOf = (sku: string, options?: RequestInit) => call(`/v1/stock?sku=${sku}`, options);
const onHand = ({ body }: Answer): number | undefined => stockPageSchema.parse(body).data[0]?.onHand;
const placeOf = (position: string | null): number => Number(position?.split(':')[1]);

/** Holds one read model back meanwhile, as a slow projection would be. */
async function whileStockStandsStill<Result>(work: () => Promise<Result>): Promise<Result> {
  await surroundings.query('begin');
  try {
    await surroundings.query("select 1 from checkpoints where name = 'agent.stock-levels' for update");
    return await work();
  } finally {
    await surroundings.query('commit');
  }
}

describe('a client that names the position of what it wrote', () => {
  it('reads it at once, although many events are in the way', async () => {
    const sku = 'VEG001';
    for (let round = 1; round <= 5; round += 1) {
      const written = await receive(sku, 400);
      expect(written.status).toBe(200);
      expect(written.position).toBe(`1:${ingestBatchResultSchema.parse(written.body).position ?? 0}`);

      const read = await stockOf(sku, waiting(written.position));

      expect(onHand(read)).toBe(400 * round);
      expect(placeOf(read.position)).toBeGreaterThanOrEqual(placeOf(written.position));
    }
  });

  it('waits for a read model that stands still, and is answered when it goes on', async () => {
    const sku = 'VEG002';
    const { written, read } = await whileStockStandsStill(async () => {
      const answer = await receive(sku, 3);
      const unaware = await stockOf(sku);
      expect(onHand(unaware)).toBeUndefined();
      expect(placeOf(unaware.position)).toBeLessThan(placeOf(answer.position));
      const pending = stockOf(sku, waiting(answer.position));
      // Another read goes by meanwhile; this one waits.
      expect(await Promise.race([pending, stockOf(sku).then(() => 'a later read')])).toBe('a later read');
      return { written: answer, read: { pending } };
    });

    const answer = await read.pending;

    expect(onHand(answer)).toBe(3);
    expect(placeOf(answer.position)).toBeGreaterThanOrEqual(placeOf(written.position));
  });

  it('is answered 503 when it does not go on in time', async () => {
    const sku = 'VEG003';
    await whileStockStandsStill(async () => {
      const { position } = await receive(sku, 1);
      const startedAt = performance.now();

      const read = await stockOf(sku, waiting(position));

      expect(performance.now() - startedAt).toBeGreaterThanOrEqual(READ_WAIT_MS - 50);
      expect(read).toMatchObject({
        status: 503,
        body: { code: 'read-model/behind', detail: expect.stringContaining('agent.stock-levels') },
      });
      expect(read.body).toMatchObject({ detail: expect.stringContaining(`did not reach ${placeOf(position)} `) });
      expect(read.headers.get('retry-after')).toBe('1');
    });
  });

  it('reads the agent that it turned, and the second time, which changes nothing', async () => {
    for (const [turn, status] of [
      ['pause', 'paused'],
      ['pause', 'paused'],
      ['resume', 'running'],
    ] as const) {
      const turned = await call(`/v1/agents/inventory_agent/${turn}`, { method: 'POST' });

      const read = await call('/v1/agents/inventory_agent', waiting(turned.position));

      expect(agentItemSchema.parse(read.body).status).toBe(status);
    }
  });

  it('reads it from the other instance too', async () => {
    const first = service;
    const second = await surroundings.start({ INSTANCE_ID: 'second', READ_WAIT_MS: String(READ_WAIT_MS) });
    try {
      for (let round = 1; round <= 5; round += 1) {
        service = first;
        const written = await receive('VEG005', 50);
        service = second;
        expect(onHand(await stockOf('VEG005', waiting(written.position)))).toBe(50 * round);
      }
    } finally {
      service = first;
      await second.process.stop();
    }
  });

  it('reads it over the bus', async () => {
    const ask = (headers: Readonly<Record<string, string>>) =>
      surroundings.bus.request(
        querySubject('agent', 'list-stock'),
        JSON.stringify({ tenant: 'demo', sku: 'VEG006' }),
        5_000,
        headers,
      );
    const pending = await whileStockStandsStill(async () => {
      const { position } = await receive('VEG006', 2);
      const unaware = await ask({});
      expect(stockPageSchema.parse(JSON.parse(unaware.text)).data).toEqual([]);
      const answer = ask({ 'Steward-Wait-For-Position': position ?? '' });
      expect(await Promise.race([answer, ask({}).then(() => 'a later query')])).toBe('a later query');
      return { position, answer };
    });

    const answer = await pending.answer;

    expect(stockPageSchema.parse(JSON.parse(answer.text)).data).toMatchObject([{ onHand: 2 }]);
    expect(placeOf(answer.headers['steward-log-position'] ?? null)).toBeGreaterThanOrEqual(placeOf(pending.position));
  });
});

describe('a position that cannot be waited for', () => {
  const codeOf = ({ status, body }: Answer) => ({ status, code: z.object({ code: z.string() }).parse(body).code });

  it('is refused at once', async () => {
    const { position } = await receive('VEG004', 1);
    const startedAt = performance.now();

    expect(codeOf(await stockOf('VEG004', waiting(`1:${placeOf(position) + 10_000}`)))).toEqual({
      status: 409,
      code: 'read-model/unknown-position',
    });
    expect(codeOf(await stockOf('VEG004', waiting('soon')))).toEqual({
      status: 400,
      code: 'read-model/malformed-position',
    });
    expect(codeOf(await stockOf('VEG004', waiting(`2:${placeOf(position)}`)))).toEqual({
      status: 409,
      code: 'read-model/other-epoch',
    });
    expect(performance.now() - startedAt).toBeLessThan(READ_WAIT_MS);
  });

  it('is one from before a restore', async () => {
    const { position } = await receive('VEG004', 1);
    await surroundings.query("insert into incarnations (epoch, id, reason) values (2, gen_random_uuid(), 'restored')");

    expect(codeOf(await stockOf('VEG004', waiting(position)))).toEqual({ status: 409, code: 'read-model/other-epoch' });
    await eventually(async () => {
      expect((await stockOf('VEG004')).position).toMatch(/^2:/);
    });
  });
});
