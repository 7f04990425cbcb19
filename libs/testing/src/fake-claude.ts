import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { ModelInfo } from '@anthropic-ai/sdk/resources/models';
import { claudeAnswers } from './claude-answers.ts';
import type { ClaudeAnswer } from './claude-answers.ts';
import { CLAUDE_API_VERSION, CLAUDE_MODELS, claudeRequestBody, complaintAbout } from './claude-rules.ts';
import type { ClaudeRequestBody } from './claude-rules.ts';
import { listenOnLoopback } from './loopback.ts';

export type FakeClaudeOptions = Readonly<{
  /** The only key that is accepted. @default 'fake-claude-key' */
  apiKey?: string;
  /** @default claude-sonnet-5-5, claude-haiku-5-5, and claude-sonnet-4-5 which retires on 30 Nov 2026 */
  models?: readonly ModelInfo[];
}>;

/** One request as it came, whether it was accepted or not. */
export type RecordedRequest = Readonly<{
  method: string;
  /** With its query. */
  path: string;
  headers: IncomingHttpHeaders;
  /** The parsed JSON; `undefined` when there was none. */
  body: unknown;
  receivedAt: Date;
}>;

export interface FakeClaude {
  /** For `ANTHROPIC_BASE_URL`. */
  readonly url: string;
  readonly apiKey: string;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Adds answers to the queue of `POST /v1/messages`; each is given once, in order. */
  answer(...answers: ClaudeAnswer[]): void;
  /** What is answered when the queue is empty. @default a 500 that says that nothing was scripted */
  answerWith(choose: (request: ClaudeRequestBody) => ClaudeAnswer): void;
  /** Lets `/v1/models` fail in this way, or work again with `undefined`. */
  answerModelsWith(answer: ClaudeAnswer | undefined): void;
  close(): Promise<void>;
}

const UNSCRIPTED: ClaudeAnswer = {
  kind: 'error',
  status: 500,
  error: {
    type: 'api_error',
    message: 'The fake has no answer left: call answer() or answerWith() before the request.',
  },
  headers: {},
};

/**
 * Speaks the Messages API as the installed SDK expects it, on loopback: authentication, version header, request ids, models with
 * their lifecycle, and today's reasons for a 400. It never streams.
 */
export async function startFakeClaude(options: FakeClaudeOptions = {}): Promise<FakeClaude> {
  const fake = new Script(options.apiKey ?? 'fake-claude-key', options.models ?? CLAUDE_MODELS);
  const closing = new AbortController();
  const server = createServer((request, response) => {
    void serve(fake, { request, response, signal: closing.signal });
  });
  const { port, close } = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    apiKey: fake.apiKey,
    requests: fake.requests,
    answer: (...answers) => {
      fake.queue.push(...answers);
    },
    answerWith: (choose) => {
      fake.choose = choose;
    },
    answerModelsWith: (answer) => {
      fake.modelsAnswer = answer;
    },
    close: () => {
      closing.abort();
      return close();
    },
  };
}

/** What the fake was told and what it heard. */
class Script {
  readonly apiKey: string;
  readonly models: readonly ModelInfo[];
  readonly requests: RecordedRequest[] = [];
  readonly queue: ClaudeAnswer[] = [];
  choose: (request: ClaudeRequestBody) => ClaudeAnswer = () => UNSCRIPTED;
  modelsAnswer: ClaudeAnswer | undefined;

  constructor(apiKey: string, models: readonly ModelInfo[]) {
    this.apiKey = apiKey;
    this.models = models;
  }
}

type Exchange = Readonly<{ request: IncomingMessage; response: ServerResponse; signal: AbortSignal }>;

async function serve(fake: Script, exchange: Exchange): Promise<void> {
  const { request, response } = exchange;
  const { method = 'GET', url: path = '/', headers } = request;
  const sent = await text(request);
  const body: unknown = sent === '' ? undefined : parseJson(sent);
  fake.requests.push({ method, path, headers, body, receivedAt: new Date() });
  response.setHeader('request-id', `req_fake_${String(fake.requests.length).padStart(4, '0')}`);

  const refused = refusalOf(fake, headers);
  const { pathname, searchParams } = new URL(path, 'http://fake');
  if (refused !== undefined) await give(refused, exchange);
  else if (method === 'POST' && pathname === '/v1/messages') await answerMessage(fake, exchange, body);
  else if (method === 'GET' && pathname.startsWith('/v1/models'))
    await answerModels(fake, exchange, { pathname, searchParams });
  else await give(notFound(`${method} ${pathname}`), exchange);
}

function refusalOf({ apiKey }: Script, headers: IncomingHttpHeaders): ClaudeAnswer | undefined {
  const key = headers.authorization?.replace(/^Bearer /, '') ?? headers['x-api-key'];
  if (key !== apiKey) return claudeAnswers.unauthenticated();
  const version = headers['anthropic-version'];
  if (version === CLAUDE_API_VERSION) return undefined;
  return claudeAnswers.badRequest(`anthropic-version: "${String(version)}" is not a valid version`);
}

async function answerMessage(fake: Script, exchange: Exchange, body: unknown): Promise<void> {
  const parsed = claudeRequestBody.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return give(claudeAnswers.badRequest(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`), exchange);
  }
  const { data } = parsed;
  const model = fake.models.find(({ id }) => id === data.model);
  if (model === undefined || model.lifecycle === 'retired') return give(notFound(`model: ${data.model}`), exchange);
  const complaint = complaintAbout(data);
  if (complaint !== undefined) return give(claudeAnswers.badRequest(complaint), exchange);
  return give(fake.queue.shift() ?? fake.choose(data), exchange, data.model);
}

async function answerModels(
  fake: Script,
  exchange: Exchange,
  { pathname, searchParams }: Readonly<{ pathname: string; searchParams: URLSearchParams }>,
): Promise<void> {
  if (fake.modelsAnswer !== undefined) return give(fake.modelsAnswer, exchange);
  if (pathname === '/v1/models') {
    sendJson(exchange.response, 200, page(fake.models, searchParams));
    return;
  }
  const id = decodeURIComponent(pathname.slice('/v1/models/'.length));
  const model = fake.models.find((candidate) => candidate.id === id);
  if (model === undefined) return give(notFound(`model: ${id}`), exchange);
  sendJson(exchange.response, 200, model);
}

function page(models: readonly ModelInfo[], query: URLSearchParams): object {
  const limit = Number(query.get('limit') ?? 20);
  const after = models.findIndex(({ id }) => id === query.get('after_id'));
  const data = models.slice(after + 1, after + 1 + limit);
  const hasMore = after + 1 + limit < models.length;
  return { data, has_more: hasMore, first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
}

async function give(answer: ClaudeAnswer, exchange: Exchange, model = ''): Promise<void> {
  const { request, response, signal } = exchange;
  switch (answer.kind) {
    case 'message':
      sendJson(response, 200, messageOf(answer, model, response));
      return;
    case 'error': {
      const requestId = String(response.getHeader('request-id'));
      for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
      sendJson(response, answer.status, { type: 'error', error: answer.error, request_id: requestId });
      return;
    }
    case 'raw':
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body);
      return;
    case 'never':
      return;
    case 'reset':
      request.socket.resetAndDestroy();
      return;
    case 'slow': {
      const closed = await delay(answer.ms, false, { signal }).catch(() => true);
      if (!closed) await give(answer.answer, exchange, model);
    }
  }
}

function messageOf(
  { text: answered, stopReason, stopDetails, usage }: Extract<ClaudeAnswer, { kind: 'message' }>,
  model: string,
  response: ServerResponse,
): object {
  return {
    id: String(response.getHeader('request-id')).replace('req', 'msg'),
    type: 'message',
    role: 'assistant',
    model,
    content: answered === '' ? [] : [{ type: 'text', text: answered, citations: null }],
    stop_reason: stopReason,
    stop_details: stopDetails,
    stop_sequence: null,
    container: null,
    diagnostics: null,
    usage,
  };
}

function notFound(what: string): ClaudeAnswer {
  return { kind: 'error', status: 404, error: { type: 'not_found_error', message: what }, headers: {} };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** What is no JSON counts as a body that breaks the schema, as it does for the real API. */
function parseJson(sent: string): unknown {
  try {
    return JSON.parse(sent);
  } catch {
    return sent;
  }
}
