import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listenOnLoopback, type Listening } from '#libs/testing';
import { readOptions } from './options.ts';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');

const item = {
  deadLetterId: 17,
  state: 'dead',
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
  nextAttemptAt: null,
  blocks: { waiting: 0, oldest: null, since: null },
  settled: null,
};
const detail = {
  ...item,
  violations: [],
  announcedAt: null,
  behind: null,
  message: { headers: {}, encoding: 'utf-8', body: '{}' },
};
const gone = {
  type: 'urn:steward:problem:dead-letter/not-found',
  title: 'There is no such thing',
  status: 404,
  detail: 'There is no dead letter 17 in this service.',
  code: 'dead-letter/not-found',
};
const empty = { data: [], nextCursor: null, hasMore: false };

type Answer = readonly [status: number, body: unknown];

/** A service that gives prepared answers, the last one again and again, and notes what it was asked. */
class FakeService {
  readonly asked: string[] = [];
  readonly keys: unknown[] = [];
  answers: Answer[] = [[200, empty]];
  listening: Listening | undefined;

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      void this.answer(request).then(([status, body]) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    this.listening = await listenOnLoopback(server);
  }

  private async answer(request: IncomingMessage): Promise<Answer> {
    const body = await text(request);
    this.asked.push(`${request.method ?? ''} ${request.url ?? ''}${body === '' ? '' : ` ${body}`}`);
    this.keys.push(request.headers['x-api-key']);
    const [first, ...later] = this.answers;
    if (later.length > 0) this.answers = later;
    return first ?? [500, {}];
  }

  get url(): string {
    return `http://127.0.0.1:${this.listening?.port ?? 0}`;
  }
}

let services: Record<'agent' | 'health' | 'maintenance' | 'recovery', FakeService>;

beforeEach(async () => {
  services = {
    agent: new FakeService(),
    health: new FakeService(),
    maintenance: new FakeService(),
    recovery: new FakeService(),
  };
  for (const service of Object.values(services)) await service.start();
});

afterEach(async () => {
  for (const service of Object.values(services)) await service.listening?.close();
});

type Outcome = Readonly<{ code: number | null; out: string; complaints: string }>;

const environment = (): Record<string, string> => ({
  STEWARD_API_KEY: 'stw_key',
  ...Object.fromEntries(Object.entries(services).map(([name, { url }]) => [`${name.toUpperCase()}_URL`, url])),
});

/** Within this process: a process of its own takes a second to start. */
async function perform(...args: string[]): Promise<Outcome> {
  const out: string[] = [];
  const complaints: string[] = [];
  const code = await run(readOptions(args, environment()), {
    say: (line) => out.push(line),
    complain: (line) => complaints.push(line),
  });
  return { code, out: out.join('\n'), complaints: complaints.join('\n') };
}

async function execute(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['tools/dead-letters.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_NO_WARNINGS: '1', ...environment() },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out, complaints };
}

describe('npm run dead-letters', () => {
  it('asks all services, with the key, and says when there is nothing', async () => {
    expect(await perform()).toEqual({ code: 0, out: 'No message is put aside.', complaints: '' });

    for (const { asked, keys } of Object.values(services)) {
      expect(asked).toEqual(['GET /v1/dead-letters?limit=50']);
      expect(keys).toEqual(['stw_key']);
    }
  });

  it('lists what the others have although one does not answer and one refuses', async () => {
    services.agent.answers = [[200, { data: [item], nextCursor: 'x', hasMore: true }]];
    await services.health.listening?.close();
    services.recovery.answers = [[403, { ...gone, status: 403, title: 'The caller may not do this', detail: 'No.' }]];

    const { code, out, complaints } = await perform('--state', 'dead', '--tenant', 'demo');

    expect(code).toBe(1);
    expect(out).toMatch(/^agent 17 {2}dead {2}health_evt_agent {2}demo\/item-OIL001\n/);
    expect(out).toContain('agent has more than these 1');
    expect(complaints).toContain(`health-service does not answer at ${services.health.url}`);
    expect(complaints).toContain('recovery-service refuses (403): The caller may not do this. No.');
    expect(services.agent.asked).toEqual(['GET /v1/dead-letters?state=dead&limit=50&tenant=demo']);
  });

  it('says that something else answers', async () => {
    services.agent.answers = [[200, { hello: 'world' }]];
    services.health.answers = [[502, 'no gateway']];

    const { code, complaints } = await perform('blocked');

    expect(code).toBe(1);
    expect(complaints).toContain('is not agent-service, or another version of it');
    expect(complaints).toContain('health-service answered 502');
  });

  it('shows one message', async () => {
    services.agent.answers = [[200, detail]];

    const { code, out } = await perform('show', 'agent', '17');

    expect(code).toBe(0);
    expect(out).toContain('Subject: evt.agent.demo.5.item.decision-made.OIL001');
    expect(services.agent.asked).toEqual(['GET /v1/dead-letters/17']);
    expect(services.health.asked).toEqual([]);
  });

  it('re-drives one and looks until it is handled', async () => {
    const retrying = { ...detail, state: 'retrying' };
    services.agent.answers = [
      [202, { ...item, state: 'retrying' }],
      [200, retrying],
      [404, gone],
    ];

    const { code, out } = await perform('redrive', 'agent', '17');

    expect({ code, out }).toEqual({ code: 0, out: 'Message 17 of agent-service was handled.' });
    expect(services.agent.asked).toEqual([
      'POST /v1/dead-letters/17/redrive {}',
      'GET /v1/dead-letters/17',
      'GET /v1/dead-letters/17',
    ]);
  });

  it('re-drives one and says that it is dead again, or that it is not over yet', async () => {
    services.agent.answers = [
      [202, { ...item, state: 'retrying' }],
      [200, detail],
    ];
    expect(await perform('redrive', 'agent', '17')).toMatchObject({
      code: 1,
      complaints: expect.stringContaining('Message 17 of agent-service is dead again.'),
    });

    services.agent.answers = [[202, { ...item, state: 'retrying' }]];
    expect(await perform('redrive', 'agent', '17', '--wait-s', '0')).toMatchObject({
      code: 0,
      out: expect.stringContaining('is tried again'),
    });
  });

  it('re-drives many, in every service', async () => {
    for (const service of Object.values(services)) service.answers = [[202, { redriven: 3 }]];

    const { code, out } = await perform('redrive', '--code', 'defect', '--before', '2026-11-23T12:00:00Z');

    expect(code).toBe(0);
    expect(out.split('\n').slice(0, 2)).toEqual(['agent: 3 are tried again.', 'health: 3 are tried again.']);
    expect(services.recovery.asked).toEqual([
      'POST /v1/dead-letters/redrive {"code":"defect","failedBefore":"2026-11-23T12:00:00Z"}',
    ]);
  });

  it('discards one with a reason', async () => {
    services.health.answers = [[200, { ...item, state: 'discarded' }]];

    const { code, out } = await perform('discard', 'health', '17', '--reason', 'It never existed.');

    expect(code).toBe(0);
    expect(out).toContain(
      'Message 17 of health-service is discarded. What waits behind it in demo/item-OIL001 goes on.',
    );
    expect(services.health.asked).toEqual(['POST /v1/dead-letters/17/discard {"reason":"It never existed."}']);
  });

  it('says on the command line what is wrong, what a service refuses, and how it is used', async () => {
    services.agent.answers = [[404, gone]];

    expect(await execute('discard', 'agent', '17', '--reason', 'x')).toMatchObject({
      code: 1,
      complaints: expect.stringContaining('refuses (404): There is no such thing. There is no dead letter 17'),
    });
    expect(await execute('redrive')).toMatchObject({
      code: 2,
      complaints: expect.stringContaining('--help says more'),
    });
    expect(await execute('--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('npm run dead-letters -- blocked'),
    });
  }, 60_000);
});
