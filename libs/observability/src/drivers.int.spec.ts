import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startThrowAwayPostgres } from '#libs/embedded-servers';
import { startOtlpCollector } from '#libs/testing';
import type { CollectedSpan, OtlpCollector } from '#libs/testing';

/**
 * Whether drivers make spans depends on what Node loads, how and when, which Jest's own module loader hides. So a program
 * runs as a service does: as ESM in a process of its own.
 */
const START = `
  import { createServer, request } from 'node:http';
  import { createLogger, nameHttpRoute, startTelemetry, traced } from '#libs/observability';
  const telemetry = await startTelemetry({
    serviceName: 'probe', serviceVersion: '1', instanceId: 'probe-1', environment: 'test',
    otlpEndpoint: process.env.COLLECTOR, logger: createLogger({ service: 'probe', level: 'warn', instanceId: 'probe-1' }),
  });
  const { default: pg, Client } = await import('pg');
  const get = (port, path, headers = {}) => new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers }, (r) => r.resume().on('end', () => resolve(r.statusCode))).on('error', reject).end();
  });
  const serve = async (answer) => {
    const server = createServer((request, response) => { void answer(request).then(() => response.end('ok')); });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: server.address().port, close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }) };
  };
`;
const STOP = `await telemetry.shutdown();`;

let collector: OtlpCollector;
let databaseUrl: string;
let removeDatabase = (): Promise<void> => Promise.resolve();

async function run(program: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: { PATH: process.env['PATH'], COLLECTOR: collector.url, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (code !== 0) throw new Error(`The program ended with ${String(code)}: ${errors}`);
  return output;
}

function spanNamed(name: string): CollectedSpan {
  const found = collector.spans().find((span) => span.name === name);
  if (found === undefined) {
    const names = collector.spans().map((span) => span.name);
    throw new Error(`There is no span "${name}" among: ${names.join(', ')}`);
  }
  return found;
}

beforeAll(async () => {
  collector = await startOtlpCollector();
  const given = process.env['STEWARD_TEST_POSTGRES'];
  if (given !== undefined && given !== '') {
    databaseUrl = given;
    return;
  }
  const { server, remove } = await startThrowAwayPostgres();
  databaseUrl = server.url;
  removeDatabase = remove;
}, 60_000);

afterAll(async () => {
  await removeDatabase();
  await collector.close();
});

beforeEach(() => {
  collector.clear();
});

describe('In a process of its own', () => {
  it.each([
    ['after telemetry', ''],
    ['before telemetry', `import 'pg';`],
  ])(
    'with pg loaded %s, one trace goes from a request through queries to the next request',
    async (_, early) => {
      await run(`${early} ${START}
      const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
      const client = new Client({ connectionString: process.env.DATABASE_URL });
      await client.connect();
      const inner = await serve(async () => { nameHttpRoute('/inner/:id'); });
      const outer = await serve(async () => {
        nameHttpRoute('/v1/decisions/:id');
        await pool.query('select $1::text as pooled', ['private-value']);
        await client.query('select 1 as direct');
        await get(inner.port, '/inner/8?token=private-token&page=2');
      });
      await get(outer.port, '/v1/decisions/7', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' });
      await outer.close(); await inner.close(); await client.end(); await pool.end();
      ${STOP}`);

      const outer = spanNamed('GET /v1/decisions/:id');
      const inner = spanNamed('GET /inner/:id');
      const queries = collector.spans().filter((span) => span.name.startsWith('pg.query'));
      const request = collector.spans().find((span) => span.kind === 'client' && span.name === 'GET');
      expect(outer).toMatchObject({
        kind: 'server',
        traceId: '0af7651916cd43dd8448eb211c80319c',
        parentSpanId: 'b7ad6b7169203331',
        attributes: {
          'http.request.method': 'GET',
          'http.route': '/v1/decisions/:id',
          'http.response.status_code': 200,
        },
      });
      expect(queries.map(({ attributes }) => attributes['db.query.text'])).toEqual([
        'select $1::text as pooled',
        'select 1 as direct',
      ]);
      for (const span of [...queries, request]) {
        expect(span).toMatchObject({ kind: 'client', traceId: outer.traceId, parentSpanId: outer.spanId });
      }
      expect(inner).toMatchObject({ kind: 'server', traceId: outer.traceId, parentSpanId: request?.spanId });
      expect(collector.spans()).toHaveLength(5);
      expect(JSON.stringify(collector.spans())).not.toMatch(/private-(value|token)/);
    },
    30_000,
  );

  it('probes, scrapes and queries outside of any work make no spans', async () => {
    await run(`${START}
      const client = new Client({ connectionString: process.env.DATABASE_URL });
      await client.connect();
      await client.query('select 1');
      const server = await serve(async () => {});
      for (const path of ['/health', '/ready', '/metrics?x=1', '/live']) await get(server.port, path);
      await traced('marker', {}, () => undefined);
      await server.close(); await client.end();
      ${STOP}`);

    expect(collector.spans().map(({ name }) => name)).toEqual(['marker']);
  }, 30_000);
});
