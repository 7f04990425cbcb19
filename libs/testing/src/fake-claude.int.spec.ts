import Anthropic, {
  APIConnectionError,
  APIConnectionTimeoutError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PaymentRequiredError,
  PermissionDeniedError,
  RateLimitError,
} from '@anthropic-ai/sdk';
import type { APIError } from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claudeAnswers } from './claude-answers.ts';
import type { ClaudeAnswer } from './claude-answers.ts';
import { claudeModel } from './claude-rules.ts';
import { startFakeClaude } from './fake-claude.ts';
import type { FakeClaude } from './fake-claude.ts';

const ASK: MessageCreateParamsNonStreaming = {
  model: 'claude-sonnet-5-5',
  max_tokens: 1000,
  messages: [{ role: 'user', content: 'Is there enough flour?' }],
};

let claude: FakeClaude;
let client: Anthropic;

function connect(changes: { apiKey?: string; timeout?: number; maxRetries?: number } = {}): Anthropic {
  return new Anthropic({ apiKey: claude.apiKey, baseURL: claude.url, timeout: 5_000, maxRetries: 0, ...changes });
}

async function failureOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.then(
    () => {
      throw new Error('The call succeeded.');
    },
    (error: unknown) => error,
  );
}

/** `extra` holds what the SDK's types no longer allow. */
async function ask(extra: object = {}): Promise<Anthropic.Message> {
  return client.messages.create({ ...ASK, ...extra });
}

beforeEach(async () => {
  claude = await startFakeClaude();
  client = connect();
});

afterEach(() => claude.close());

describe('Answers with status 200', () => {
  it('are finished JSON with usage', async () => {
    claude.answer(claudeAnswers.json({ reorder: true }, { usage: { input_tokens: 7, cache_read_input_tokens: 90 } }));

    const message = await ask();

    expect(message).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      stop_reason: 'end_turn',
      stop_details: null,
      content: [{ type: 'text', text: '{"reorder":true}' }],
      usage: { input_tokens: 7, cache_read_input_tokens: 90, output_tokens: 20 },
      _request_id: 'req_fake_0001',
    });
  });

  it('are refusals that only stop_reason tells', async () => {
    claude.answer(claudeAnswers.refusal('cyber'));

    expect(await ask()).toMatchObject({ stop_reason: 'refusal', stop_details: { type: 'refusal', category: 'cyber' } });
  });

  it('are JSON cut off by max_tokens', async () => {
    claude.answer(claudeAnswers.truncated({ reorder: true, quantity: 12 }));

    const message = await ask();

    const [block] = message.content;
    expect(message.stop_reason).toBe('max_tokens');
    expect(() => JSON.parse(block?.type === 'text' ? block.text : '{}') as unknown).toThrow(SyntaxError);
  });
});

describe('Errors', () => {
  type Case = [string, ClaudeAnswer, new (...args: never[]) => APIError, object];
  const cases: Case[] = [
    [
      '400',
      claudeAnswers.badRequest('no'),
      BadRequestError,
      { status: 400, type: 'invalid_request_error', apiMessage: 'no' },
    ],
    ['401', claudeAnswers.unauthenticated(), AuthenticationError, { status: 401, type: 'authentication_error' }],
    ['402', claudeAnswers.paymentRequired(), PaymentRequiredError, { status: 402, type: 'billing_error' }],
    ['403', claudeAnswers.forbidden(), PermissionDeniedError, { status: 403, type: 'permission_error' }],
    ['429', claudeAnswers.rateLimited(), RateLimitError, { status: 429, type: 'rate_limit_error', errorCode: null }],
    [
      '429 for spend',
      claudeAnswers.spendLimitReached(),
      Anthropic.EnforcedSpendLimitReachedError,
      { status: 429, type: 'rate_limit_error', errorCode: 'enforced_spend_limit_reached' },
    ],
    ['500', claudeAnswers.serverError(), InternalServerError, { status: 500, type: 'api_error' }],
    ['502 in HTML', claudeAnswers.badGateway(), InternalServerError, { status: 502, type: null }],
    ['529', claudeAnswers.overloaded(), OverloadedError, { status: 529, type: 'overloaded_error' }],
  ];

  it.each(cases)('%s reach the SDK as its own class', async (_, answer, errorClass, fields) => {
    claude.answer(answer);

    const error = await failureOf(ask());

    expect(error).toBeInstanceOf(errorClass);
    expect(Object.fromEntries(Object.entries(error as APIError))).toMatchObject({
      ...fields,
      requestID: 'req_fake_0001',
    });
  });

  it('429 say when to come back, except for spend', async () => {
    claude.answer(claudeAnswers.rateLimited(17), claudeAnswers.spendLimitReached('contract_spend_limit_reached'));

    const limited = (await failureOf(ask())) as RateLimitError;
    const spent = (await failureOf(ask())) as RateLimitError;

    expect(limited.headers.get('retry-after')).toBe('17');
    expect(spent.headers.get('retry-after')).toBeNull();
    expect(spent.errorCode).toBe('contract_spend_limit_reached');
  });

  it('are what the SDK retries, when it is let', async () => {
    claude.answer(claudeAnswers.rateLimited(0), claudeAnswers.text('now'));

    const message = await connect({ maxRetries: 1 }).messages.create(ASK);

    expect(message.content).toMatchObject([{ text: 'now' }]);
    expect(claude.requests.map(({ headers }) => headers['x-stainless-retry-count'])).toEqual(['0', '1']);
  });
});

describe('The network', () => {
  it('never answers', async () => {
    claude.answer(claudeAnswers.never());

    expect(await failureOf(connect({ timeout: 50 }).messages.create(ASK))).toBeInstanceOf(APIConnectionTimeoutError);
  });

  it('is slow: in time or too late', async () => {
    claude.answer(
      claudeAnswers.slow(60, claudeAnswers.text('late')),
      claudeAnswers.slow(60_000, claudeAnswers.text('never')),
    );

    const startedAt = performance.now();
    expect((await ask()).content).toMatchObject([{ text: 'late' }]);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59);
    expect(await failureOf(connect({ timeout: 50 }).messages.create(ASK))).toBeInstanceOf(APIConnectionTimeoutError);
  });

  it('resets the connection', async () => {
    claude.answer(claudeAnswers.reset());

    const error = await failureOf(ask());

    expect(error).toBeInstanceOf(APIConnectionError);
    expect(error).not.toBeInstanceOf(APIConnectionTimeoutError);
  });
});

describe('Who asks, and what', () => {
  it('needs the right key, by Bearer or x-api-key', async () => {
    claude.answer(claudeAnswers.text('by bearer'));
    const headers = { 'content-type': 'application/json', 'anthropic-version': '2026-10-21' };
    const send = (key: Record<string, string>): Promise<Response> =>
      fetch(`${claude.url}/v1/models`, { headers: { ...headers, ...key } });

    await ask();

    expect(claude.requests[0]?.headers.authorization).toBe(`Bearer ${claude.apiKey}`);
    expect((await send({ 'x-api-key': claude.apiKey })).status).toBe(200);
    expect((await send({})).status).toBe(401);
    expect(await failureOf(connect({ apiKey: 'wrong' }).messages.create(ASK))).toBeInstanceOf(AuthenticationError);
  });

  it('needs the version of the API that the SDK was made for', async () => {
    const headers = { 'x-api-key': claude.apiKey, 'anthropic-version': '2023-06-01' };

    expect((await fetch(`${claude.url}/v1/models`, { headers })).status).toBe(400);
  });

  it.each([
    ['temperature', { temperature: 1 }],
    ['top_p', { top_p: 0.9 }],
    ['top_k', { top_k: 5 }],
    ['tool_choice', { tool_choice: { type: 'tool', name: 'decide' } }],
    ['tool_choice', { tool_choice: { type: 'any' } }],
    ['thinking', { thinking: { type: 'disabled' } }],
    ['messages', { messages: [] }],
    ['max_tokens', { max_tokens: undefined }],
    ['additionalProperties', formatOf({ type: 'object', properties: { a: { type: 'object', properties: {} } } })],
    [
      'minimum',
      formatOf({ type: 'object', additionalProperties: false, properties: { a: { type: 'number', minimum: 0 } } }),
    ],
    ['pattern', formatOf({ anyOf: [{ type: 'string' }, { type: 'string', pattern: '^a' }] })],
  ])('is refused with 400 because of %s', async (word, extra) => {
    claude.answer(claudeAnswers.text('should not come'));

    const error = await failureOf(ask(extra));

    expect(error).toBeInstanceOf(BadRequestError);
    expect((error as BadRequestError).apiMessage).toContain(word);
  });

  it('is taken with auto tool choice, effort and a closed schema whose properties have odd names', async () => {
    claude.answer(claudeAnswers.json({ pattern: 'a' }));
    const schema = {
      type: 'object',
      additionalProperties: false,
      required: ['pattern'],
      properties: { pattern: { type: 'string', enum: ['a', 'minimum'] } },
    };

    const message = await ask({ ...formatOf(schema), tool_choice: { type: 'auto' } });

    expect(message.stop_reason).toBe('end_turn');
  });

  it('is recorded with headers, body and time', async () => {
    const before = new Date();
    claude.answer(claudeAnswers.text('yes'));

    await ask({ metadata: { user_id: 'tenant-hash' } });

    expect(claude.requests).toEqual([
      {
        method: 'POST',
        path: '/v1/messages',
        headers: expect.objectContaining({ 'anthropic-version': '2026-10-21' }),
        body: { ...ASK, metadata: { user_id: 'tenant-hash' } },
        receivedAt: expect.any(Date),
      },
    ]);
    expect(claude.requests[0]?.receivedAt.getTime()).toBeGreaterThanOrEqual(before.getTime());
  });
});

describe('Answers', () => {
  it('come from the queue first, then from a function of the request', async () => {
    claude.answer(claudeAnswers.text('first'));
    claude.answerWith(({ model, messages }) => claudeAnswers.json({ model, asked: messages[0]?.content }));

    expect((await ask()).content).toMatchObject([{ text: 'first' }]);
    expect((await ask()).content).toMatchObject([
      { text: '{"model":"claude-sonnet-5-5","asked":"Is there enough flour?"}' },
    ]);
  });

  it('that nobody scripted are a loud error', async () => {
    expect(((await failureOf(ask())) as APIError).apiMessage).toContain('no answer left');
  });
});

describe('Models', () => {
  it('are listed page by page, with lifecycle and capabilities', async () => {
    const ids: string[] = [];
    for await (const model of client.models.list({ limit: 2 })) ids.push(model.id);

    const ending = await client.models.retrieve('claude-sonnet-4-5');

    expect(ids).toEqual(['claude-sonnet-5-5', 'claude-haiku-5-5', 'claude-sonnet-4-5']);
    expect(ending).toMatchObject({ lifecycle: 'deprecated', retires_at: '2026-11-30T00:00:00Z' });
    expect(ending.capabilities?.structured_outputs.supported).toBe(true);
  });

  it('that do not exist or have retired are not found', async () => {
    await claude.close();
    claude = await startFakeClaude({ models: [claudeModel('claude-old', { lifecycle: 'retired' })] });
    client = connect();

    expect(await failureOf(client.models.retrieve('claude-sonnet-5-5'))).toBeInstanceOf(NotFoundError);
    expect(await failureOf(ask())).toBeInstanceOf(NotFoundError);
    expect(await failureOf(ask({ model: 'claude-old' }))).toBeInstanceOf(NotFoundError);
    expect((await client.models.retrieve('claude-old')).lifecycle).toBe('retired');
  });

  it('can be made to fail, and to work again', async () => {
    claude.answerModelsWith(claudeAnswers.overloaded());
    expect(await failureOf(client.models.list())).toBeInstanceOf(OverloadedError);

    claude.answerModelsWith(undefined);
    expect((await client.models.list({ limit: 1 })).data).toHaveLength(1);
  });
});

function formatOf(schema: object): object {
  return { output_config: { format: { type: 'json_schema', schema } } };
}
