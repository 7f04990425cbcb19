import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { businessSubject, problemSchema } from '#libs/contracts';
import { DEAD_LETTER_HEADER, natsHeaders } from '#libs/messaging';
import { generateApiKey } from '#libs/service-kit';
import { eventually } from '#libs/testing';
import { openSurroundings, type RunningService, type Surroundings } from '../running-service.contract.ts';

const RATE_LIMIT = 150;
const STRUCTURED = 'application/cloudevents+json';
const BATCH = 'application/cloudevents-batch+json';
const STOCK_MOVED = 'steward.inventory.stock-moved.v1';

const till = keyOf('till-7', ['publisher']);
const hasty = keyOf('hasty', ['publisher']);
const reader = keyOf('reader', ['reader']);
const operator = keyOf('operator', ['operator']);
const keys = [till, hasty, reader, operator];

function keyOf(id: string, roles: readonly string[]) {
  const { key, sha256 } = generateApiKey();
  return { key, entry: { id, tenant: 'demo', roles, sha256 } };
}

let surroundings: Surroundings;
let service: RunningService;
let before: Stored;
let counter = 0;

/** What a sender sends when all is well; each call another event. */
function movement(changes: Readonly<Record<string, unknown>> = {}) {
  counter += 1;
  return {
    specversion: '1.0',
    id: `movement-${counter}`,
    source: '/spec',
    type: STOCK_MOVED,
    data: { sku: 'VEG001', movement: 'in', quantity: { value: 5, unit: 'each' } },
    ...changes,
  };
}

/** Rows of every table that an event may leave something in, and where the log ends, once the read models are there. */
async function stored() {
  await eventually(async () => {
    const behind = await surroundings.query(`
      select name from checkpoints, lanes where name like 'agent.%' and checkpoints.position < lanes.position`);
    expect(behind).toEqual([]);
  });
  const [row] = await surroundings.query(`
    select (select max(position) from lanes) as head,
           (select count(*) from events) as events,
           (select count(*) from streams) as streams,
           (select count(*) from idempotency_keys) as keys,
           (select count(*) from stock_levels) as levels,
           (select count(*) from stock_consumption) as consumption,
           (select count(*) from suppliers) as suppliers,
           (select count(*) from situations) as situations,
           (select count(*) from decisions) as decisions`);
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name, Number(value)]));
}
type Stored = Awaited<ReturnType<typeof stored>>;

type Sent = Readonly<{
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
  key?: string | undefined;
}>;

async function send({ body, headers = {}, key = till.key }: Sent) {
  const authorization = key === '' ? {} : { authorization: `Bearer ${key}` };
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': STRUCTURED, ...authorization, ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as object };
}

/** A refusal as every client gets it. */
async function refused(sent: Sent) {
  const answer = await send(sent);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(answer.body);
  expect(problem).toMatchObject({ status: answer.status, traceId: expect.stringMatching(/^[0-9a-f]{32}$/) });
  return { ...problem, headers: answer.headers, pointers: (problem.errors ?? []).map(({ pointer }) => pointer) };
}

const json = (value: unknown) => JSON.stringify(value);

const AGENTS = ['accounting_agent', 'hr_agent', 'inventory_agent'];

beforeAll(async () => {
  surroundings = await openSurroundings();
  service = await surroundings.start({
    AUTHENTICATION: 'on',
    API_KEYS: json(keys.map(({ entry }) => entry)),
    RATE_LIMIT_PER_MINUTE: String(RATE_LIMIT),
    LOG_LEVEL: 'error',
  });
  // Paused agents append nothing, so that whatever the log gains came from the input.
  for (const agent of AGENTS) {
    const paused = await fetch(`${service.url}/v1/agents/${agent}/pause`, {
      method: 'POST',
      headers: { authorization: `Bearer ${operator.key}` },
    });
    expect(paused.status).toBe(200);
  }
  await eventually(async () => {
    const turns = await surroundings.query("select 1 from events where type = 'agent.agent-started'");
    expect(turns).toHaveLength(AGENTS.length);
  });
}, 60_000);

afterAll(async () => {
  await surroundings.close();
}, 30_000);

beforeEach(async () => {
  before = await stored();
});

async function nothingWasStored(): Promise<void> {
  expect(await stored()).toEqual(before);
}

/** How far the log and its keys have grown: so many events, each with its key. */
async function wereStored(events: number): Promise<void> {
  const now = await stored();
  expect({ head: now['head'], events: now['events'], keys: now['keys'] }).toEqual({
    head: (before['head'] ?? 0) + events,
    events: (before['events'] ?? 0) + events,
    keys: (before['keys'] ?? 0) + events,
  });
}

describe('a body that cannot be read is refused, and nothing is stored', () => {
  it.each([
    { name: 'malformed JSON', body: '{"specversion": "1.0",', status: 400, code: 'http/malformed-json' },
    { name: 'nothing', body: '', status: 400, code: 'http/empty-body' },
    {
      name: 'bytes that are no UTF-8',
      body: Buffer.from([0x22, 0xff, 0x22]),
      status: 400,
      code: 'http/malformed-json',
    },
    { name: 'a key that changes a prototype', body: '{"__proto__": {}}', status: 400, code: 'http/malformed-json' },
    {
      name: 'more than a mebibyte',
      body: json(movement({ filler: 'x'.repeat(1_048_576) })),
      status: 413,
      code: 'http/body-too-large',
    },
    {
      name: 'plain text',
      body: json(movement()),
      type: 'text/plain',
      status: 415,
      code: 'http/unsupported-media-type',
    },
    {
      name: 'XML',
      body: '<event/>',
      type: 'application/cloudevents+xml',
      status: 415,
      code: 'http/unsupported-media-type',
    },
    {
      name: 'a batch that is no array',
      body: json(movement()),
      type: BATCH,
      status: 400,
      code: 'ingestion/batch-malformed',
    },
  ])('$name: $status', async ({ body, type, status, code }) => {
    expect(await refused({ body, headers: { 'content-type': type ?? STRUCTURED } })).toMatchObject({ status, code });
    await nothingWasStored();
  });

  it('compressed: 415', async () => {
    const problem = await refused({ body: json(movement()), headers: { 'content-encoding': 'gzip' } });
    expect(problem).toMatchObject({ status: 415, code: 'http/content-encoding-unsupported' });
    await nothingWasStored();
  });

  it('a batch of more than 1000 events: 413', async () => {
    const events = Array.from({ length: 1_001 }, () => movement());
    const problem = await refused({ body: json(events), headers: { 'content-type': BATCH } });
    expect(problem).toMatchObject({ status: 413, code: 'ingestion/batch-too-large' });
    await nothingWasStored();
  });
});

describe('an event that breaks its schema is refused with a pointer to each trouble, and nothing is stored', () => {
  const moved = { sku: 'VEG001', movement: 'in', quantity: { value: 5, unit: 'each' } };

  it.each([
    {
      name: 'wrong types',
      event: { data: { sku: 7, movement: 'sideways', quantity: { value: 'three', unit: 5 } } },
      pointers: ['#/data/sku', '#/data/movement', '#/data/quantity/value', '#/data/quantity/unit'],
    },
    { name: 'a field that nobody knows', event: { data: { ...moved, colour: 'green' } }, pointers: ['#/data/colour'] },
    { name: 'no data', event: { data: undefined }, pointers: ['#/data'] },
    { name: 'specversion 0.3', event: { specversion: '0.3' }, pointers: ['#/specversion'] },
    { name: 'an empty id', event: { id: '' }, pointers: ['#/id'] },
    { name: 'a source that is no URI reference', event: { source: 'till 7' }, pointers: ['#/source'] },
    { name: 'a time that is none', event: { time: 'yesterday' }, pointers: ['#/time'] },
    { name: 'data_base64', event: { data: undefined, data_base64: 'e30=' }, pointers: ['#/data_base64'] },
    { name: 'an extension with capitals', event: { tillNumber: 7 }, pointers: ['#/tillNumber'] },
    { name: 'an extension that is an object', event: { till: {} }, pointers: ['#/till'] },
    { name: 'U+0000 in its data', event: { data: { ...moved, reason: 'a\u0000b' } }, pointers: ['#/data/reason'] },
    { name: 'U+0000 in an attribute', event: { subject: 'a\u0000b' }, pointers: ['#/subject'] },
    { name: 'half of a surrogate pair', event: { data: { ...moved, reason: '\ud800' } }, pointers: ['#/data/reason'] },
    {
      name: 'several troubles at once',
      event: { id: '', specversion: '0.3', tillNumber: 7 },
      pointers: ['#/specversion', '#/id', '#/tillNumber'],
    },
  ])('$name', async ({ event, pointers }) => {
    const problem = await refused({ body: json(movement(event)) });
    expect(problem.status).toBe(422);
    expect(problem.pointers).toEqual(pointers);
    await nothingWasStored();
  });

  it.each(['[]', 'null', '"text"', '7'])('%s', async (body) => {
    expect(await refused({ body })).toMatchObject({ status: 422, pointers: ['#'] });
    await nothingWasStored();
  });

  it('a type that nobody knows, naming the types near it', async () => {
    const problem = await refused({ body: json(movement({ type: 'steward.inventory.stock-moves.v1' })) });
    expect(problem).toMatchObject({ status: 422, code: 'event/unknown-type', pointers: ['#/type'] });
    expect(problem.detail).toContain(STOCK_MOVED);
    expect(problem.detail).not.toContain('steward.sales');
    await nothingWasStored();
  });

  it('a type that only the services themselves publish', async () => {
    const problem = await refused({ body: json(movement({ type: 'steward.agent.decision-made.v1' })) });
    expect(problem).toMatchObject({ status: 422, code: 'event/unknown-type' });
    await nothingWasStored();
  });
});

describe('binary mode', () => {
  const { data, ...attributes } = movement();
  const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));
  const sent = { 'content-type': 'application/json', ...headers };

  it('is taken with its attributes in headers', async () => {
    const answer = await send({ body: json(data), headers: { ...sent, 'ce-subject': 'caf%C3%A9' } });
    expect(answer).toMatchObject({ status: 202, body: { status: 'accepted', id: attributes.id, source: '/spec' } });
    const [last] = await surroundings.query(
      "select metadata->>'subject' as subject from events order by position desc",
    );
    expect(last).toEqual({ subject: 'caf\u00e9' });
    await wereStored(1);
  });

  it.each([
    { name: 'without a type', changes: { 'ce-type': '' }, pointers: ['#/type'] },
    { name: 'of another version', changes: { 'ce-specversion': '0.3' }, pointers: ['#/specversion'] },
    { name: 'with a malformed escape', changes: { 'ce-subject': '100%' }, pointers: ['#/subject'] },
    { name: 'with data in a header', changes: { 'ce-data': '{}' }, pointers: ['#/data'] },
  ])('is refused $name, and nothing is stored', async ({ changes, pointers }) => {
    expect(await refused({ body: json(data), headers: { ...sent, ...changes } })).toMatchObject({
      status: 422,
      pointers,
    });
    await nothingWasStored();
  });

  it('is refused when its data breaks the schema, and nothing is stored', async () => {
    const problem = await refused({ body: json({ ...data, movement: 'up' }), headers: { ...sent, 'ce-id': 'fresh' } });
    expect(problem).toMatchObject({ status: 422, pointers: ['#/data/movement'] });
    await nothingWasStored();
  });
});

describe('a batch', () => {
  it('with bad events in it is answered 207: the good ones are stored, the bad ones are not', async () => {
    const good = [movement(), movement()];
    const bad = [movement({ data: {} }), movement({ tenantid: 'other' }), movement({ type: 'unknown' }), 7];

    const body = json([good[0], ...bad, good[1]]);
    const answer = await send({ body, headers: { 'content-type': BATCH } });

    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      accepted: 2,
      duplicates: 0,
      rejected: 4,
      items: [
        { id: good[0]?.id, status: 'accepted', position: expect.any(Number) },
        { status: 'rejected', problem: { status: 422, code: 'event/data-invalid' } },
        { status: 'rejected', problem: { status: 403, code: 'security/tenant-forbidden' } },
        { status: 'rejected', problem: { status: 422, code: 'event/unknown-type' } },
        { id: '', status: 'rejected', problem: { status: 422, code: 'cloud-event/invalid' } },
        { id: good[1]?.id, status: 'accepted', position: expect.any(Number) },
      ],
    });
    await wereStored(2);
    const ids = await surroundings.query(
      "select metadata->>'sourceId' as id from events order by position desc limit 2",
    );
    expect(ids.map(({ id }) => id)).toEqual([good[1]?.id, good[0]?.id]);
  });

  it('of bad events only is answered 207, and nothing is stored', async () => {
    const answer = await send({ body: json([movement({ id: '' })]), headers: { 'content-type': BATCH } });
    expect(answer).toMatchObject({ status: 207, body: { accepted: 0, rejected: 1 } });
    await nothingWasStored();
  });

  it('that names one event twice stores it once', async () => {
    const event = movement();
    const answer = await send({ body: json([event, event]), headers: { 'content-type': BATCH } });
    expect(answer).toMatchObject({ status: 200, body: { accepted: 1, duplicates: 1, rejected: 0 } });
    await wereStored(1);
  });
});

describe('an event that came before', () => {
  it('is a duplicate at the same position when it says the same', async () => {
    const event = movement();
    const first = await send({ body: json(event) });
    before = await stored();

    const reordered = Object.fromEntries(Object.entries(event).toReversed());
    const second = await send({ body: json(reordered) });

    expect(first).toMatchObject({ status: 202, body: { status: 'accepted' } });
    expect(second).toMatchObject({ status: 202, body: { ...first.body, status: 'duplicate' } });
    await nothingWasStored();
  });

  it('is refused with 409 when it says something else, and nothing is stored', async () => {
    const event = movement();
    await send({ body: json(event) });
    before = await stored();

    const other = { ...event, data: { ...event.data, movement: 'out' } };

    expect(await refused({ body: json(other) })).toMatchObject({
      status: 409,
      code: 'event-store/idempotency-key-reused',
    });
    await nothingWasStored();
  });

  it('is another one when it comes from another source', async () => {
    const event = movement();
    await send({ body: json(event) });
    expect(await send({ body: json({ ...event, source: '/other' }) })).toMatchObject({ body: { status: 'accepted' } });
    await wereStored(2);
  });
});

describe('who may publish', () => {
  it.each([
    { name: 'nobody without a key', key: '', status: 401, code: 'security/unauthenticated' },
    { name: 'nobody with a wrong key', key: generateApiKey().key, status: 401, code: 'security/unauthenticated' },
    { name: 'no key without the role', key: reader.key, status: 403, code: 'security/role-missing' },
    { name: 'not even an operator', key: operator.key, status: 403, code: 'security/role-missing' },
  ])('$name: $status', async ({ key, status, code }) => {
    const problem = await refused({ body: json(movement()), key });
    expect(problem).toMatchObject({ status, code });
    expect(problem.headers.has('www-authenticate')).toBe(status === 401);
    expect(JSON.stringify(problem)).not.toContain(key === '' ? 'stw_' : key);
    await nothingWasStored();
  });

  it('no key for another tenant: 403', async () => {
    const problem = await refused({ body: json(movement({ tenantid: 'other' })) });
    expect(problem).toMatchObject({ status: 403, code: 'security/tenant-forbidden' });
    await nothingWasStored();
  });

  it('no key more often than it may: 429, and when to come again', async () => {
    const body = json(movement());
    const nonsense = Array.from({ length: RATE_LIMIT }, () => send({ body: '{', key: hasty.key }));
    expect(new Set((await Promise.all(nonsense)).map(({ status }) => status))).toEqual(new Set([400]));

    const problem = await refused({ body, key: hasty.key });

    expect(problem).toMatchObject({ status: 429, code: 'http/rate-limited' });
    expect(Number(problem.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(problem.retryAfterSeconds).toBe(Number(problem.headers.get('retry-after')));
    await nothingWasStored();
    expect(await send({ body })).toMatchObject({ status: 202 });
  });
});

describe('over NATS', () => {
  const subject = businessSubject('demo', STOCK_MOVED);

  async function publish(payload: string, to = subject, headers: Readonly<Record<string, string>> = {}) {
    const { seq } = await surroundings.bus.jetstream.publish(to, payload, { headers: natsHeaders(headers) });
    return seq;
  }

  /** The dead letter that a message of `BUSINESS` became. */
  async function deadLetterOf(sequence: number) {
    return eventually(async () => {
      const { state } = await surroundings.bus.manager.streams.info('DEAD_LETTERS');
      for (let seq = state.last_seq; seq >= Math.max(1, state.first_seq); seq -= 1) {
        const letter = await surroundings.bus.manager.streams.getMessage('DEAD_LETTERS', { seq });
        const header = (name: keyof typeof DEAD_LETTER_HEADER) => letter?.header.get(DEAD_LETTER_HEADER[name]) ?? '';
        if (header('source') !== 'BUSINESS' || header('position') !== String(sequence)) continue;
        return {
          payload: letter?.string(),
          subject: letter?.subject,
          code: header('code'),
          reason: header('reason'),
          violations: header('violations'),
        };
      }
      throw new Error(`Message ${sequence} is no dead letter yet.`);
    });
  }

  it.each([
    { name: 'no JSON', payload: 'hello', code: 'messaging/malformed-message', reason: 'is no event' },
    { name: 'no CloudEvent', payload: '{"sku":"VEG001"}', code: 'cloud-event/invalid', reason: 'specversion' },
    {
      name: 'wrong data',
      payload: json(movement({ data: { sku: 7 } })),
      code: 'event/data-invalid',
      reason: '#/data/sku',
    },
    {
      name: 'U+0000',
      payload: json(movement({ data: { reason: '\u0000' } })),
      code: 'cloud-event/invalid',
      reason: '#/data/reason',
    },
    {
      name: 'a tenant unlike its subject',
      payload: json(movement({ tenantid: 'other' })),
      code: 'ingestion/subject-mismatch',
      reason: 'its tenantid is other',
    },
    {
      name: 'a type unlike its subject',
      payload: json(movement({ type: 'steward.sales.order-completed.v1' })),
      code: 'ingestion/subject-mismatch',
      reason: 'its type is steward.sales.order-completed.v1',
    },
    {
      name: 'a type that nobody knows',
      payload: json(movement({ type: 'steward.inventory.unknown.v1' })),
      to: businessSubject('demo', 'steward.inventory.unknown.v1'),
      code: 'event/unknown-type',
      reason: STOCK_MOVED,
    },
    {
      name: 'a subject without a tenant',
      payload: json(movement()),
      to: `business.No-Tenant.${STOCK_MOVED}`,
      code: 'ingestion/subject-mismatch',
      reason: 'names no tenant',
    },
  ])('$name becomes a dead letter with its reason, and nothing is stored', async ({ payload, to, code, reason }) => {
    const letter = await deadLetterOf(await publish(payload, to ?? subject));

    expect(letter).toMatchObject({ payload, code, subject: 'dead.agent.agent_business' });
    expect(letter.reason).toContain(reason);
    await nothingWasStored();
  });

  it('a known id with other content becomes a dead letter, and nothing is stored', async () => {
    const event = movement();
    await send({ body: json(event) });
    before = await stored();

    const other = { ...event, data: { ...event.data, movement: 'out' } };
    const letter = await deadLetterOf(await publish(json(other)));

    expect(letter.code).toBe('event-store/idempotency-key-reused');
    await nothingWasStored();
  });

  it('dead letters hold up nobody, and health names the consumer that takes what comes', async () => {
    await eventually(async () => {
      const health: unknown = await (await fetch(`${service.url}/health`)).json();
      expect(health).toMatchObject({
        components: { consumers: { status: 'healthy', outside: { name: 'agent_business', underWay: 0 } } },
      });
    });
  });

  it('good events after bad ones are taken, in structured and in binary mode, each once', async () => {
    const [structured, binary] = [movement(), movement()];
    const { data, ...attributes } = binary;
    const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));

    await publish('no JSON');
    await publish(json(structured));
    await publish(json(data), subject, headers);
    const letter = await deadLetterOf(await publish(json({ ...structured, time: '2026-11-22T09:30:00Z' })));

    expect(letter.code).toBe('event-store/idempotency-key-reused');
    await eventually(() => wereStored(2));
  });
});
