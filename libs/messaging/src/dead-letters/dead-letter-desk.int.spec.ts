import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database, migrate, readModelDataSource } from '#libs/event-store';
import { tenantId } from '#libs/kernel';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { BUS_MIGRATIONS } from '../migrations/bus-migrations.ts';
import { DeadLetterDesk } from './dead-letter-desk.ts';
import { deadLetterDetailSchema, deadLetterItemSchema, type DeadLetterItem } from './dead-letter-item.ts';
import { DeadLetterNotDead, DeadLetterNotFound } from './dead-letter.errors.ts';
import { park, type ParkedRow } from './parked-messages.contract.ts';

const demo = tenantId('demo');
const acme = tenantId('acme');
const PAGE = { limit: 50 };

let testDatabase: TestDatabase;
let database: Database;
let woken: string[];
const bus = {
  isConnected: true,
  publish: (subject: string) => {
    woken.push(subject);
  },
};
let desk: DeadLetterDesk;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const options = {
    url: testDatabase.url,
    schema: 'health',
    applicationName: 'desk',
    migrations: [...BUS_MIGRATIONS],
    entities: [],
  };
  const dataSource = await readModelDataSource(options).initialize();
  await migrate(dataSource, options);
  await dataSource.destroy();
  database = new Database(options);
  desk = new DeadLetterDesk({ database, bus, group: 'health' });
}, 60_000);

afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

beforeEach(async () => {
  await database.query('delete from parked_messages');
  woken = [];
  bus.isConnected = true;
});

/** A dead message with two behind it. */
async function blockedStream(row: Partial<ParkedRow> = {}): Promise<readonly [number, number, number]> {
  const stream = { stream_key: 'demo/item-OIL001', ...row };
  const head = await park(database, { state: 'dead', ...stream });
  const next = await park(database, { ...stream, state: 'waiting', parked_at: '2026-11-23T12:01:00.000Z' });
  const last = await park(database, { ...stream, state: 'waiting', parked_at: '2026-11-23T12:02:00.000Z' });
  return [head, next, last];
}

const ids = (items: readonly DeadLetterItem[]): number[] => items.map(({ deadLetterId }) => deadLetterId);

async function stored(id: number): Promise<Record<string, unknown> | undefined> {
  const [row] = await database.query('select * from parked_messages where id = $1', [id]);
  return row;
}

describe('the list of dead letters', () => {
  it('shows what is open, newest first, and the discarded only when they are asked for', async () => {
    const first = await park(database, { state: 'retrying' });
    const second = await park(database);
    const discarded = await park(database, { state: 'discarded' });
    const [head, next, last] = await blockedStream();

    expect(ids(await desk.list('*', PAGE))).toEqual([last, next, head, second, first]);
    expect(ids(await desk.list('*', { ...PAGE, state: 'discarded' }))).toEqual([discarded]);
    expect(ids(await desk.list('*', { ...PAGE, state: 'dead' }))).toEqual([head, second]);
    expect(ids(await desk.list('*', { ...PAGE, state: 'waiting' }))).toEqual([last, next]);
    expect(ids(await desk.list('*', { ...PAGE, state: 'retrying' }))).toEqual([first]);
  });

  it('is narrowed by consumer and code, and cut into pages', async () => {
    const all: number[] = [];
    for (let number = 0; number < 5; number += 1) all.unshift(await park(database, { code: 'stock/unknown-item' }));
    await park(database, { consumer: 'health_business', code: 'stock/unknown-item' });
    await park(database);

    const filter = { consumer: 'health_evt_agent', code: 'stock/unknown-item' };
    const page = await desk.list('*', { ...filter, limit: 3 });
    expect(ids(page)).toEqual(all.slice(0, 3));
    expect(ids(await desk.list('*', { ...filter, limit: 3, after: all[2] }))).toEqual(all.slice(3));
  });

  it('says what happened to each message, in the form of its contract', async () => {
    const id = await park(database, {
      state: 'retrying',
      tenant: 'demo',
      stream_key: 'demo/item-OIL001',
      position: 77,
    });

    const [item] = await desk.list('*', PAGE);
    expect(deadLetterItemSchema.parse(item)).toEqual({
      deadLetterId: id,
      state: 'retrying',
      consumer: 'health_evt_agent',
      source: 'agent',
      epoch: 1,
      position: 77,
      subject: 'evt.agent.demo.5.item.decision-made.OIL001',
      tenant: 'demo',
      stream: 'demo/item-OIL001',
      code: 'defect',
      reason: 'the shelf is broken',
      attempts: 5,
      parkedAt: '2026-11-23T12:00:00.000Z',
      lastAttemptAt: '2026-11-23T12:00:05.000Z',
      nextAttemptAt: '2026-11-23T12:00:10.000Z',
      blocks: { waiting: 0, oldest: null, since: null },
      settled: null,
    });
  });
});

describe('what a message blocks', () => {
  it('is what waits behind it in its stream: how many, since when, and the next one', async () => {
    const [head, next, last] = await blockedStream();
    await blockedStream({ stream_key: 'demo/item-EGG001' });
    await park(database, { consumer: 'health_business', stream_key: 'demo/item-OIL001', state: 'waiting' });

    const items = new Map((await desk.list('*', PAGE)).map((item) => [item.deadLetterId, item.blocks]));
    expect(items.get(head)).toEqual({ waiting: 2, oldest: next, since: '2026-11-23T12:01:00.000Z' });
    expect(items.get(next)).toEqual({ waiting: 0, oldest: null, since: null });
    expect(items.get(last)).toEqual({ waiting: 0, oldest: null, since: null });
  });

  it('is nothing for a message that keeps no order, although others like it are there', async () => {
    await park(database, { stream_key: null });
    const id = await park(database, { stream_key: null });
    await park(database, { stream_key: null });

    expect(await desk.get('*', id)).toMatchObject({ stream: null, behind: null, blocks: { waiting: 0 } });
    expect(await desk.blocked('*', PAGE)).toEqual([]);
  });

  it('is listed by stream, the oldest head first, and cut into pages', async () => {
    const [oil] = await blockedStream();
    const egg = await park(database, { stream_key: 'demo/item-EGG001', state: 'retrying' });
    const [tea, , behindTea] = await blockedStream({ stream_key: 'demo/item-TEA001', consumer: 'health_evt_recovery' });
    await park(database, { stream_key: 'demo/item-GONE', state: 'discarded' });

    const all = await desk.blocked('*', PAGE);
    expect(ids(all)).toEqual([oil, egg, tea]);
    expect(all.map(({ state, blocks }) => [state, blocks.waiting])).toEqual([
      ['dead', 2],
      ['retrying', 0],
      ['dead', 2],
    ]);
    expect(ids(await desk.blocked('*', { limit: 2 }))).toEqual([oil, egg]);
    expect(ids(await desk.blocked('*', { limit: 2, after: egg }))).toEqual([tea]);
    expect(ids(await desk.blocked('*', { ...PAGE, consumer: 'health_evt_recovery' }))).toEqual([tea]);

    // Until the holder has looked, the next one is the head.
    await desk.discard('*', tea, { by: 'key:spec', reason: 'it is no item' });
    const [head] = await desk.blocked('*', { ...PAGE, consumer: 'health_evt_recovery' });
    expect(head).toMatchObject({ state: 'waiting', blocks: { waiting: 1, oldest: behindTea } });
  });
});

describe('one dead letter', () => {
  it('is shown with its message, the violations and what it waits for', async () => {
    const violations = [{ pointer: '#/data/quantity', detail: 'must be above zero' }];
    const [head, next] = await blockedStream({ violations });

    const detail = deadLetterDetailSchema.parse(await desk.get(demo, head));
    expect(detail).toMatchObject({
      state: 'dead',
      violations,
      behind: null,
      announcedAt: null,
      message: {
        headers: { 'Content-Type': 'application/cloudevents+json', 'Correlation-Id': 'c-1' },
        encoding: 'utf-8',
        body: '{"specversion":"1.0"}',
      },
    });
    expect(await desk.get(demo, next)).toMatchObject({ behind: { deadLetterId: head, state: 'dead' } });
  });

  it('is shown byte by byte when it is no text', async () => {
    const id = await park(database, { payload: Buffer.from([0x22, 0xff, 0x22]) });

    expect((await desk.get('*', id)).message).toMatchObject({ encoding: 'base64', body: 'Iv8i' });
  });

  it('is not found when it is gone', async () => {
    await expect(desk.get('*', 999_999)).rejects.toBeInstanceOf(DeadLetterNotFound);
    await expect(desk.redrive('*', 999_999)).rejects.toBeInstanceOf(DeadLetterNotFound);
    const decision = { by: 'key:spec', reason: 'it is gone' };
    await expect(desk.discard('*', 999_999, decision)).rejects.toBeInstanceOf(DeadLetterNotFound);
    expect(woken).toEqual([]);
  });
});

describe('re-driving', () => {
  it('has a dead message tried again now, and wakes whoever holds its slot', async () => {
    const [head, next] = await blockedStream();

    const item = await desk.redrive(demo, head);

    expect(item).toMatchObject({
      deadLetterId: head,
      state: 'retrying',
      attempts: 0,
      blocks: { waiting: 2, oldest: next },
    });
    const due = await database.query(
      `select id from parked_messages where state = 'retrying' and attempts = 0 and next_attempt_at <= clock_timestamp()`,
    );
    expect(due).toEqual([{ id: head }]);
    expect(woken).toEqual(['parked.health']);
  });

  it.each(['retrying', 'waiting', 'discarded'])('refuses one that is %s, and changes nothing', async (state) => {
    const id = await park(database, { state });
    const before = await stored(id);

    await expect(desk.redrive('*', id)).rejects.toBeInstanceOf(DeadLetterNotDead);
    await expect(desk.discard('*', id, { by: 'key:spec', reason: 'too early' })).rejects.toThrow(
      `is ${state}, not dead`,
    );

    expect(await stored(id)).toEqual(before);
    expect(woken).toEqual([]);
  });

  it('is done once when two people ask at once', async () => {
    const id = await park(database);

    const outcomes = await Promise.allSettled([desk.redrive('*', id), desk.redrive('*', id)]);

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(woken).toEqual(['parked.health']);
  });

  it('of many takes the dead ones for which everything that is named holds', async () => {
    const wanted = { consumer: 'health_evt_agent', code: 'stock/unknown-item' };
    const early = '2026-11-23T10:00:00.000Z';
    const one = await park(database, { ...wanted, last_attempt_at: early });
    const two = await park(database, { ...wanted, last_attempt_at: null, parked_at: early });
    const left = [
      await park(database, { ...wanted, last_attempt_at: '2026-11-23T11:00:00.000Z' }),
      await park(database, { ...wanted, last_attempt_at: early, code: 'defect' }),
      await park(database, { ...wanted, last_attempt_at: early, consumer: 'health_business' }),
      await park(database, { ...wanted, last_attempt_at: early, tenant: 'acme' }),
      await park(database, { ...wanted, last_attempt_at: early, state: 'discarded' }),
      await park(database, { ...wanted, last_attempt_at: early, state: 'waiting', parked_at: early }),
    ];
    const before = await Promise.all(left.map(stored));

    const request = { ...wanted, failedBefore: '2026-11-23T11:00:00Z' };
    expect(await desk.redriveMany(demo, request)).toBe(2);

    expect(await Promise.all(left.map(stored))).toEqual(before);
    expect(ids(await desk.list('*', { ...PAGE, state: 'retrying' }))).toEqual([two, one]);
    expect(woken).toEqual(['parked.health']);
    expect(await desk.redriveMany(demo, request)).toBe(0);
    expect(woken).toEqual(['parked.health']);
  });

  it('works without NATS: the holders look by themselves', async () => {
    bus.isConnected = false;
    const id = await park(database);

    await desk.redrive('*', id);

    expect(await stored(id)).toMatchObject({ state: 'retrying' });
    expect(woken).toEqual([]);
  });
});

describe('discarding', () => {
  it('keeps the message with who, when and why, and lets its stream go on', async () => {
    const [head] = await blockedStream();

    const item = await desk.discard(demo, head, { by: 'key:boss', reason: 'The item never existed.' });

    expect(item).toMatchObject({
      state: 'discarded',
      blocks: { waiting: 0 },
      settled: { by: 'key:boss', reason: 'The item never existed.' },
    });
    const kept = await desk.get(demo, head);
    expect(kept).toMatchObject({
      state: 'discarded',
      nextAttemptAt: null,
      code: 'defect',
      reason: 'the shelf is broken',
      settled: item.settled,
      message: { body: '{"specversion":"1.0"}' },
    });
    const ageMs = await database.query<{ age: number }>(
      'select extract(epoch from clock_timestamp() - settled_at)::float8 as age from parked_messages where id = $1',
      [head],
    );
    expect(ageMs[0]?.age).toBeLessThan(60);
    expect(woken).toEqual(['parked.health']);
  });
});

describe('tenants', () => {
  it('see and decide on their own dead letters only', async () => {
    const [head] = await blockedStream({ tenant: 'acme', stream_key: 'acme/item-OIL001' });
    const nobodys = await park(database, { tenant: null, stream_key: null });
    const own = await park(database);
    const before = await stored(head);

    expect(ids(await desk.list(demo, PAGE))).toEqual([own]);
    expect(ids(await desk.blocked(demo, PAGE))).toEqual([own]);
    expect(ids(await desk.blocked(acme, PAGE))).toEqual([head]);
    for (const id of [head, nobodys]) {
      await expect(desk.get(demo, id)).rejects.toBeInstanceOf(DeadLetterNotFound);
      await expect(desk.redrive(demo, id)).rejects.toBeInstanceOf(DeadLetterNotFound);
      const decision = { by: 'key:demo', reason: 'not mine' };
      await expect(desk.discard(demo, id, decision)).rejects.toBeInstanceOf(DeadLetterNotFound);
    }
    expect(await desk.redriveMany(demo, { consumer: 'health_evt_agent' })).toBe(1);

    expect(await stored(head)).toEqual(before);
    expect(await stored(nobodys)).toMatchObject({ state: 'dead' });
    expect((await desk.list('*', PAGE)).map(({ tenant }) => tenant)).toEqual(['demo', null, 'acme', 'acme', 'acme']);
  });
});
