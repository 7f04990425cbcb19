import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrderCompletedV1 } from '#libs/contracts';
import { eventually } from '#libs/testing';
import { startStandInApi } from '../publisher/stand-in-api.ts';
import type { StandInApi } from '../publisher/stand-in-api.ts';

const PROGRAM = join(import.meta.dirname, '..', 'import.ts');
const SHOP = join(import.meta.dirname, 'fixtures', 'shop.csv');
const SHOP_II = join(import.meta.dirname, 'fixtures', 'shop-ii.csv');

// Each program starts on its own, on a machine that others use too.
jest.setTimeout(60_000);

let folder: string;
let apis: StandInApi[];
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'import-'));
  apis = [];
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await Promise.all(apis.map((api) => api.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function startApi(options?: Parameters<typeof startStandInApi>[0]): Promise<StandInApi> {
  const api = await startStandInApi(options);
  apis.push(api);
  return api;
}

function start(...args: string[]) {
  const child = spawn(process.execPath, [PROGRAM, '--work-folder', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  children.push(child);
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => said.push(text));
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, output: () => said.join('') };
}

async function run(...args: string[]) {
  const { ended, output } = start(...args);
  return { code: await ended, output: output() };
}

/** The figure behind its name in the summary. */
function figure(output: string, name: string): number {
  return Number(new RegExp(`^${name} +(\\d+)$`, 'm').exec(output)?.[1]);
}

/** As many invoices of one line, in the layout of the first mapping. */
function writeLargeExport(invoices: number): string {
  const rows = Array.from(
    { length: invoices },
    (_, index) => `${500_000 + index},71053,LANTERN,1,12/1/10 8:26,3.39,7,UK`,
  );
  const header = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country';
  const file = join(folder, 'large.csv');
  writeFileSync(file, [header, ...rows, ''].join('\n'));
  return file;
}

const ordersIn = (api: StandInApi) =>
  api.stored.filter(({ type }) => type === OrderCompletedV1.type).map((event) => OrderCompletedV1.read(event).data);
const isResumeFile = (name: string) => name.endsWith('.json');

describe('the import program', () => {
  it('reads an export into events, and reports what it could not read', async () => {
    const api = await startApi({ apiKey: 'secret-key' });
    const { code, output } = await run(SHOP, '--url', api.url, '--api-key', 'secret-key', '--tenant', 'teapots');

    expect(code).toBe(0);
    expect(
      Object.fromEntries(ordersIn(api).map(({ orderId, kind, total }) => [`${kind} ${orderId}`, total.amount])),
    ).toEqual({
      'sale 900001': 3_525,
      'sale 900002': 2_900,
      'return C900003': 660,
      'sale 900006': 255,
      'sale 900007': 1_240,
      'sale 900006~2': 250,
      'sale 900009': 1_200,
      'sale A900010': -2_500,
    });
    expect(api.stored.every(({ tenantid }) => tenantid === 'teapots')).toBe(true);
    expect(figure(output, 'lines read')).toBe(22);
    expect(figure(output, 'lines rejected')).toBe(6);
    expect(figure(output, 'events accepted')).toBe(api.stored.length);
    expect(output).not.toContain('secret-key');

    const rejects = readFileSync(join(folder, 'shop.csv.rejects.csv'), 'utf8').trimEnd().split('\n');
    expect(rejects[0]).toBe('line,reason,text');
    expect(rejects.slice(1).map((line) => line.slice(0, line.indexOf(',')))).toEqual([
      '14',
      '15',
      '16',
      '17',
      '18',
      '19',
    ]);
    expect(rejects[2]).toBe(
      '15,"bad number ""many"" for the quantity","900008,10001A,BLUE TEAPOT,many,10/30/11 14:00,2.55,70003,United Kingdom"',
    );
    expect(output).toContain('line 15: bad number "many"');
    expect(readdirSync(folder).filter(isResumeFile)).toEqual([]);
  });

  it('adds nothing when the same file is read again', async () => {
    const api = await startApi();
    await run(SHOP, '--url', api.url, '--batch', '3');
    const before = [...api.stored];
    const { code, output } = await run(SHOP, '--url', api.url);

    expect(code).toBe(0);
    expect(api.stored).toEqual(before);
    expect(figure(output, 'events accepted')).toBe(0);
    expect(figure(output, 'events duplicate')).toBe(before.length);
  });

  it('reads the same orders from the other layout of the same shop', async () => {
    const [one, two] = [await startApi(), await startApi()];
    await run(SHOP, '--url', one.url);
    await run(SHOP_II, '--url', two.url);

    expect(ordersIn(two)).toEqual(ordersIn(one));
    expect(two.stored.map(({ time }) => time)).toEqual(one.stored.map(({ time }) => time));
    expect(two.stored[0]?.source).toBe('urn:pos:online-retail-ii');
  });

  it('sends nothing in a dry run', async () => {
    const { code, output } = await run(SHOP, '--url', 'http://127.0.0.1:9', '--dry-run');

    expect(code).toBe(0);
    expect(figure(output, 'events checked')).toBe(20);
  });

  it('ends with 1 when it is strict about rejected lines', async () => {
    const api = await startApi();

    expect((await run(SHOP, '--url', api.url, '--strict')).code).toBe(1);
  });

  it('reports the lines of an event that the API rejects, and goes on', async () => {
    const api = await startApi({ rejects: ({ id }) => id === 'order/900001' });
    const { code, output } = await run(SHOP, '--url', api.url);

    expect(code).toBe(0);
    expect(figure(output, 'events rejected')).toBe(1);
    expect(output).toContain('line 2-4: the API rejected order/900001: it is not wanted here');
    expect(ordersIn(api)).toHaveLength(7);
  });

  it('sends nothing twice and in order while the API is busy, breaks off and comes back', async () => {
    const calm = await startApi();
    await run(SHOP, '--url', calm.url);
    const rough = await startApi({
      interfere: (request) => {
        if (request === 2) return { status: 429, retryAfter: '1', afterWork: false };
        if (request === 3) return { status: 503, hangUp: true, afterWork: true };
        if (request === 5) return { status: 503, afterWork: false };
        return undefined;
      },
    });
    const { code, output } = await run(SHOP, '--url', rough.url, '--batch', '4');

    expect(code).toBe(0);
    expect(rough.stored).toEqual(calm.stored);
    expect(output).toContain('trying again in 1.0 s');
  });

  it('goes on where it was interrupted', async () => {
    const file = writeLargeExport(5_000);
    const api = await startApi();
    const first = start(file, '--url', api.url, '--batch', '10');
    await eventually(() => api.stored.length > 200, { withinMs: 20_000 });
    first.child.kill('SIGINT');

    expect(await first.ended).toBe(130);
    expect(first.output()).toContain('The same command goes on from there');
    const confirmed = api.stored.length;
    expect(confirmed).toBeLessThan(5_000);
    expect(readdirSync(folder).filter(isResumeFile)).toHaveLength(1);

    const { code, output } = await run(file, '--url', api.url, '--batch', '10');
    expect(code).toBe(0);
    // Supplier, item and its opening stock besides the orders.
    expect(api.stored).toHaveLength(5_003);
    expect(ordersIn(api).map(({ orderId }) => orderId)).toEqual(
      Array.from({ length: 5_000 }, (_, index) => String(500_000 + index)),
    );
    expect(figure(output, 'events confirmed before')).toBe(confirmed - figure(output, 'events duplicate'));
    expect(figure(output, 'events duplicate')).toBe(10);
    expect(readdirSync(folder).filter(isResumeFile)).toEqual([]);
  });

  it('begins anew when the API has lost what an interrupted run had sent', async () => {
    const file = writeLargeExport(3_000);
    const port = Number(new URL((await startApi()).url).port);
    const [before] = apis;
    if (before === undefined) throw new Error('There is no API.');
    const first = start(file, '--url', before.url, '--batch', '10');
    await eventually(() => before.stored.length > 200, { withinMs: 20_000 });
    first.child.kill('SIGINT');
    await first.ended;
    await before.close();
    apis = [];
    const after = await startApi({ port });

    expect((await run(file, '--url', after.url)).code).toBe(0);
    expect(after.stored).toHaveLength(3_003);
  });

  it('loses nothing when it is killed', async () => {
    const file = writeLargeExport(3_000);
    const api = await startApi();
    const first = start(file, '--url', api.url, '--batch', '10');
    await eventually(() => api.stored.length > 200, { withinMs: 20_000 });
    first.child.kill('SIGKILL');
    await first.ended;

    expect((await run(file, '--url', api.url)).code).toBe(0);
    expect(new Set(api.stored.map(({ id }) => id)).size).toBe(3_003);
  });

  it('ends with 1 when the API is away for longer than its patience', async () => {
    const { code, output } = await run(SHOP, '--url', 'http://127.0.0.1:9', '--patience', '1');

    expect(code).toBe(1);
    expect(output).toContain('nothing is sent twice');
  });

  it('ends with 1 and the reason when the API refuses', async () => {
    const api = await startApi({ apiKey: 'right' });
    const { code, output } = await run(SHOP, '--url', api.url, '--api-key', 'wrong-key');

    expect(code).toBe(1);
    expect(output).toContain('401');
    expect(output).not.toContain('wrong-key');
    expect(api.stored).toEqual([]);
  });

  it('reads another layout by a mapping file', async () => {
    const shipped = JSON.parse(
      readFileSync(join(import.meta.dirname, 'mappings', 'online-retail.json'), 'utf8'),
    ) as object;
    const columns = {
      ...{ invoice: 'Bon', sku: 'Artikel', description: 'Text', quantity: 'Menge', time: 'Zeit' },
      ...{ unitPrice: 'Preis', customer: 'Kunde' },
    };
    const mapping = join(folder, 'laden.mapping');
    writeFileSync(
      mapping,
      JSON.stringify({
        ...shipped,
        name: 'laden',
        columns,
        delimiter: ';',
        dateFormats: ['DD.MM.YYYY HH:mm'],
        currency: 'EUR',
      }),
    );
    const file = join(folder, 'laden.csv');
    writeFileSync(file, 'Zeit;Bon;Artikel;Text;Menge;Preis;Kunde\n01.12.2010 09:00;7;A1;Käse;2;1.50;\n');
    const api = await startApi();

    expect((await run(file, '--url', api.url, '--mapping', mapping)).code).toBe(0);
    expect(ordersIn(api)).toMatchObject([{ orderId: '7', total: { amount: 300, currency: 'EUR' } }]);
    expect((await run(file, '--url', api.url)).output).toContain('No mapping fits the header');
  });

  it.each<[string, string[], string]>([
    ['no file', [], 'Name one CSV file'],
    ['a file that is not there', ['nowhere.csv'], 'nowhere.csv is not there'],
    ['two files', [SHOP, SHOP_II], '2 were named'],
    ['a batch that is too large', [SHOP, '--batch', '1001'], '--batch 1001'],
    ['an unknown option', [SHOP, '--batsh', '1'], '--batsh'],
    ['a mapping that is none', [SHOP, '--mapping', SHOP], 'cannot be read'],
  ])('refuses %s', async (_what, args, said) => {
    const { code, output } = await run(...args);

    expect(code).toBe(1);
    expect(output).toContain(said);
    expect(output).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, 'shop.csv.rejects.csv'))).toBe(false);
  });
});
