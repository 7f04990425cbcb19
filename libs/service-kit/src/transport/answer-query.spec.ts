import { beforeEach, describe, expect, it } from '@jest/globals';
import { position, type LogProgress } from '#libs/event-store';
import { sequentialIds } from '#libs/testing';
import { systemClock } from '../http/request-ids.ts';
import { MessageTooLarge } from '#libs/messaging';
import { currentCorrelation } from '#libs/observability';
import { PositionGate } from '../reads/position-gate.ts';
import { answerQuery, type QueryTools } from './answer-query.ts';

const logged: unknown[] = [];
const silent = () => undefined;
const logger = {
  debug: silent,
  info: silent,
  warn: (fields: object, text: string) => logged.push({ ...fields, text }),
  error: silent,
  fatal: silent,
};

let log: { head: number; projected: number };
let positions: PositionGate;
let asked: unknown[];
let work: () => Promise<unknown>;
let clockMs: number;
let timer: { atMs: number; callback: () => void } | undefined;

/** Time that passes only when a spec says so. */
const timers = {
  nowMs: () => clockMs,
  after: (ms: number, callback: () => void) => {
    timer = { atMs: clockMs + ms, callback };
    return () => {
      timer = undefined;
    };
  },
};

function pass(ms: number): void {
  clockMs += ms;
  if (timer && timer.atMs <= clockMs) timer.callback();
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  log = { head: 10, projected: 10 };
  asked = [];
  logged.length = 0;
  work = () => Promise.resolve({ data: [] });
  clockMs = 1_000;
  timer = undefined;
  const look = (): Promise<LogProgress> =>
    Promise.resolve({
      epoch: 1,
      head: position(log.head),
      subscribers: [{ name: 'stock', position: position(log.projected) }],
    });
  positions = new PositionGate({ look, clock: systemClock, waitMs: 20 });
});

type Answer = { body: unknown; headers: Readonly<Record<string, string>> };

const WIDE = 1_000;

async function request(text: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answers: Answer[] = [];
  const tools: QueryTools = {
    ids: sequentialIds(),
    logger,
    positions,
    timers,
    ask: (query) => {
      asked.push(query);
      return work();
    },
  };
  await answerQuery(
    {
      subject: 'query.agent.list-stock',
      text,
      headers,
      respond: (payload, withHeaders = {}) => {
        if (payload.length > WIDE) throw new MessageTooLarge('_INBOX.x', payload.length, WIDE);
        answers.push({ body: JSON.parse(payload), headers: withHeaders });
      },
    },
    tools,
  );
  const [answer] = answers;
  if (!answer || answers.length > 1) throw new Error(`${answers.length} answers`);
  return answer;
}

describe('a query on the bus', () => {
  it('is answered with what the read models contain', async () => {
    expect(await request('{"sku":"VEG001"}')).toEqual({
      body: { data: [] },
      headers: { 'Content-Type': 'application/json', 'Steward-Log-Position': '1:10' },
    });
    expect(asked).toEqual([{ sku: 'VEG001' }]);
  });

  it('waits for the position that it names, and is asked only then', async () => {
    log = { head: 11, projected: 10 };
    const answer = request('', { 'steward-wait-for-position': '1:11' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([]);

    log.projected = 11;
    positions.projected();

    expect(await answer).toMatchObject({ headers: { 'Steward-Log-Position': '1:11' } });
    expect(asked).toEqual([{}]);
  });

  it.each([
    ['1:12', 'read-model/behind', 503],
    ['1:13', 'read-model/unknown-position', 409],
    ['2:1', 'read-model/other-epoch', 409],
    ['soon', 'read-model/malformed-position', 400],
  ])('that waits for %s is refused: %s', async (wanted, code, status) => {
    log = { head: 12, projected: 10 };

    expect(await request('', { 'steward-wait-for-position': wanted })).toMatchObject({
      body: { code, status },
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(asked).toEqual([]);
  });

  it('that is no JSON is refused without a wait', async () => {
    expect(await request('{', { 'steward-wait-for-position': 'soon' })).toMatchObject({
      body: { code: 'http/malformed-json' },
    });
  });
});

describe('a query whose asker waits for so long', () => {
  const within = (ms: number) => ({ 'steward-timeout-ms': String(ms) });

  it('is answered as any other when that suffices', async () => {
    expect(await request('', within(500))).toMatchObject({ body: { data: [] } });
    expect(timer).toBeUndefined();
  });

  it('is not begun when the time is over', async () => {
    expect(await request('', within(0))).toMatchObject({
      body: { code: 'query/too-late', status: 504 },
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(asked).toEqual([]);
  });

  it('is refused in time when the answer will not be there', async () => {
    const slow = Promise.withResolvers<unknown>();
    work = () => slow.promise;
    const answer = request('', within(500));
    await settled();
    expect(asked).toEqual([{}]);

    pass(449);
    await settled();
    expect(timer).toBeDefined();
    pass(1);

    expect(await answer).toMatchObject({ body: { code: 'query/too-late', status: 504 } });
    slow.reject(new Error('and then it failed'));
    await settled();
    expect(logged).toEqual([expect.objectContaining({ text: 'a query failed after its time was over' })]);
  });

  it('waits no longer for a position than that leaves', async () => {
    log = { head: 11, projected: 10 };
    const waitedMs: number[] = [];
    positions = new PositionGate({
      look: () =>
        Promise.resolve({ epoch: 1, head: position(11), subscribers: [{ name: 'stock', position: position(10) }] }),
      clock: systemClock,
      waitMs: 2_000,
      after: (ms, callback) => {
        waitedMs.push(ms);
        if (ms >= 100) setImmediate(callback);
        return silent;
      },
    });

    expect(await request('', { ...within(500), 'steward-wait-for-position': '1:11' })).toMatchObject({
      body: { code: 'read-model/behind', status: 503, detail: expect.stringContaining('within 400 ms') },
    });
    expect(waitedMs).toContain(400);
    expect(await request('', { ...within(9_000), 'steward-wait-for-position': '1:11' })).toMatchObject({
      body: { code: 'read-model/behind', detail: expect.stringContaining('within 2000 ms') },
    });
    expect(asked).toEqual([]);
  });

  it('is not begun when the position came too late', async () => {
    log = { head: 11, projected: 10 };
    const answer = request('', { ...within(500), 'steward-wait-for-position': '1:11' });
    await settled();
    clockMs += 460;
    log.projected = 11;
    positions.projected();

    expect(await answer).toMatchObject({ body: { code: 'query/too-late', status: 504 } });
    expect(asked).toEqual([]);
  });
});

describe('the headers of a query', () => {
  it('give the work its correlation and its cause', async () => {
    const seen: unknown[] = [];
    work = () => {
      seen.push(currentCorrelation());
      return Promise.resolve({});
    };
    await request('', { 'correlation-id': 'Abend zu zweit', 'causation-id': 'event-7' });

    expect(seen).toEqual([{ correlationId: 'Abend zu zweit', causationId: 'event-7' }]);
  });

  it.each([
    ['steward-timeout-ms', 'soon'],
    ['steward-timeout-ms', '-1'],
    ['correlation-id', 'x'.repeat(129)],
    ['correlation-id', ''],
    ['causation-id', 'a\u0007b'],
  ])('are refused when %s is %j', async (name, value) => {
    expect(await request('', { [name]: value })).toMatchObject({
      body: { code: 'query/malformed-headers', status: 400, errors: [{ pointer: `#/header/${name}` }] },
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(asked).toEqual([]);
  });

  it('are all named when several are wrong', async () => {
    const { body } = await request('', { 'steward-timeout-ms': 'soon', 'correlation-id': '' });

    expect((body as { errors: unknown[] }).errors).toHaveLength(2);
  });
});

describe('an answer', () => {
  it('that is too large for a message is refused with what to do', async () => {
    work = () => Promise.resolve('x'.repeat(WIDE));

    expect(await request('')).toMatchObject({
      body: { code: 'query/answer-too-large', status: 413, detail: expect.stringContaining('smaller page') },
    });
  });

  it('that is nothing is null', async () => {
    work = () => Promise.resolve(undefined);

    expect(await request('')).toMatchObject({ body: null, headers: { 'Content-Type': 'application/json' } });
  });
});
