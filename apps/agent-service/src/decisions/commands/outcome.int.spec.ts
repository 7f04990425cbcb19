import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { decisionPageSchema } from '#libs/contracts';
import { anItemRegistered, aStockMovement, eventually } from '#libs/testing';
import { openSurroundings, type RunningService, type Surroundings } from '../../running-service.contract.ts';

jest.setTimeout(60_000);

let surroundings: Surroundings;
let service: RunningService;
let decisionId: string;

const record = (id: string, outcome: object) =>
  fetch(`${service.url}/v1/decisions/${id}/outcome`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(outcome),
  });
const outcomes = () =>
  surroundings.query(`select data from events where type = 'agent.outcome-recorded' order by position`);

beforeAll(async () => {
  surroundings = await openSurroundings();
  service = await surroundings.start();
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify([
      anItemRegistered('OUT01'),
      aStockMovement({ id: 'o-1', sku: 'OUT01', movement: 'in', quantity: 30 }),
      aStockMovement({ id: 'o-2', sku: 'OUT01', movement: 'out', quantity: 25 }),
    ]),
  });
  expect(answer.status).toBe(200);
  decisionId = await eventually(
    async () => {
      const list = await fetch(`${service.url}/v1/decisions?subject=item:OUT01`);
      const [decision] = decisionPageSchema.parse(await list.json()).data;
      if (!decision) throw new Error('nothing is decided yet');
      return decision.decisionId;
    },
    { withinMs: 20_000 },
  );
});
afterAll(() => surroundings.close());

describe('the outcome of a decision', () => {
  it('is kept with the decision’s type, so that its agent learns from it', async () => {
    const answer = await record(decisionId, { wasRight: false, detail: 'A delivery had come already.' });
    expect([answer.status, await answer.json()]).toMatchObject([200, { decisionId, isNew: true }]);
    expect(await outcomes()).toMatchObject([
      {
        data: { decisionId, agentId: 'inventory_agent', decisionType: 'reorder', wasRight: false, outcome: 'worse' },
      },
    ]);
  });

  it('told again is no second one, and another one takes its place', async () => {
    const again = await record(decisionId, { wasRight: false, detail: 'A delivery had come already.' });
    expect(await again.json()).toMatchObject({ isNew: false });
    const other = await record(decisionId, { wasRight: true, detail: 'It had not, after all.' });
    expect(await other.json()).toMatchObject({ isNew: true });
    expect(await outcomes()).toHaveLength(2);
  });

  it('needs a decision that exists, and an answer to whether it was right', async () => {
    expect((await record('no-such-decision', { wasRight: true, detail: 'x' })).status).toBe(404);
    expect((await record(decisionId, { detail: 'x' })).status).toBe(422);
    expect((await record(decisionId, { wasRight: true, detail: 'x', more: 1 })).status).toBe(422);
    expect(await outcomes()).toHaveLength(2);
  });
});
