import { beforeEach, describe, expect, it } from '@jest/globals';
import { position, type LogProgress } from '#libs/event-store';
import { sequentialIds } from '#libs/testing';
import { systemClock } from '../http/request-ids.ts';
import { PositionGate } from '../reads/position-gate.ts';
import { answerQuery } from './answer-query.ts';

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

let log: { head: number; projected: number };
let positions: PositionGate;
let asked: unknown[];

beforeEach(() => {
  log = { head: 10, projected: 10 };
  asked = [];
  const look = (): Promise<LogProgress> =>
    Promise.resolve({
      epoch: 1,
      head: position(log.head),
      subscribers: [{ name: 'stock', position: position(log.projected) }],
    });
  positions = new PositionGate({ look, clock: systemClock, waitMs: 20 });
});

type Answer = { body: unknown; headers: Readonly<Record<string, string>> };

async function request(text: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const answers: Answer[] = [];
  await answerQuery(
    {
      subject: 'query.agent.list-stock',
      text,
      headers,
      respond: (payload, withHeaders = {}) => answers.push({ body: JSON.parse(payload), headers: withHeaders }),
    },
    {
      ids: sequentialIds(),
      logger,
      positions,
      ask: (query) => {
        asked.push(query);
        return Promise.resolve({ data: [] });
      },
    },
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
