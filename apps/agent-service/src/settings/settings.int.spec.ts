import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { decisionPageSchema } from '#libs/contracts';
import { anItemRegistered, aStockMovement, eventually } from '#libs/testing';
import { openSurroundings, type RunningService, type Surroundings } from '../running-service.contract.ts';

jest.setTimeout(90_000);

const YAML = 'business: { name: Corner shop, type: retail, time_zone: Europe/Berlin, currency: EUR }\n';
const answered = z.object({
  origin: z.string(),
  version: z.number(),
  settings: z.looseObject({ business: z.looseObject({ name: z.string(), timeZone: z.string() }) }),
});
const problem = z.object({ errors: z.array(z.object({ pointer: z.string() })).optional() });

let surroundings: Surroundings;
let folder: string;
let file: string;
let service: RunningService;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steward-settings-'));
  file = join(folder, 'shop.yaml');
  await writeFile(file, YAML);
  surroundings = await openSurroundings();
  service = await surroundings.start({ BUSINESS_SETTINGS: file });
});
afterAll(async () => {
  await surroundings.close();
  await rm(folder, { recursive: true, force: true });
});

async function shown(tenant = 'demo') {
  const answer = await fetch(`${service.url}/v1/settings?tenant=${tenant}`);
  return answered.parse(await answer.json());
}

const put = (settings: object, tenant = 'demo') =>
  fetch(`${service.url}/v1/settings?tenant=${tenant}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });

const publish = async (...events: readonly object[]): Promise<void> => {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(events),
  });
  expect(answer.status).toBe(200);
};

async function restarted(): Promise<void> {
  await service.process.stop();
  service = await surroundings.start({ BUSINESS_SETTINGS: file });
}

const business = { name: 'Corner shop', type: 'retail', timeZone: 'Europe/Berlin', currency: 'EUR' };

describe('the settings of a business', () => {
  it('are taken from the file at the start, and inherited by tenants that have none', async () => {
    expect(await shown()).toMatchObject({ origin: 'file', version: 1, settings: { business } });
    expect(await shown('another')).toMatchObject({ origin: 'inherited', version: 0, settings: { business } });
  });

  it('give each event the zone in which the business lives', async () => {
    await publish(anItemRegistered('ZONE01'));
    const rows = await surroundings.query(
      `select metadata->>'timeZone' as zone from events where stream_id = 'item-ZONE01'`,
    );
    expect(rows).toEqual([{ zone: 'Europe/Berlin' }]);
  });

  it('are refused with a pointer when a key is unknown, and stay as they were', async () => {
    const answer = await put({ business, agents: { hr: { overtimeTreshold: 9 } } });
    expect(answer.status).toBe(422);
    expect(problem.parse(await answer.json()).errors?.[0]?.pointer).toContain('/agents/hr');
    expect(await shown()).toMatchObject({ version: 1 });
  });

  it('change what agents decide from there on, without a restart', async () => {
    await publish(
      anItemRegistered('CALM01'),
      aStockMovement({ id: 'calm-1', sku: 'CALM01', movement: 'in', quantity: 30 }),
    );
    const off = await put({ business, agents: { inventory: { enabled: false } } });
    expect(await off.json()).toMatchObject({ isChanged: true });
    await publish(aStockMovement({ id: 'calm-2', sku: 'CALM01', movement: 'out', quantity: 25 }));
    const on = await put({ business });
    expect(on.status).toBe(200);
    await publish(aStockMovement({ id: 'calm-3', sku: 'CALM01', movement: 'out', quantity: 1 }));

    await eventually(
      async () => {
        const answer = await fetch(`${service.url}/v1/decisions?subject=item:CALM01`);
        const { data } = decisionPageSchema.parse(await answer.json());
        // What happened while it was switched off is in the book; only the look after it finds the situation.
        expect(data).toMatchObject([{ decisionType: 'reorder', evidence: { figures: expect.anything() } }]);
        expect(data[0]?.reasoning).toContain('4 ');
      },
      { withinMs: 20_000 },
    );
  });

  it('again are no change', async () => {
    expect(await (await put({ business })).json()).toMatchObject({ isChanged: false });
  });

  it('that somebody changed outlast a restart, until the file says something else', async () => {
    await put({ business: { ...business, name: 'By the API' } });
    await restarted();
    expect(await shown()).toMatchObject({ origin: 'api', settings: { business: { name: 'By the API' } } });

    await writeFile(file, YAML.replace('Corner shop', 'By the file'));
    await restarted();
    expect(await shown()).toMatchObject({ origin: 'file', settings: { business: { name: 'By the file' } } });
  });

  it('that cannot be used keep the service from starting, which says what is wrong', async () => {
    const bad = join(folder, 'bad.yaml');
    await writeFile(bad, `${YAML}agents: { hr: { overtime_treshold: 9 } }\n`);
    const said = await surroundings.startInVain({ BUSINESS_SETTINGS: bad });
    expect(said).toContain('agents.hr.overtime_treshold is no known setting');
  });
});
