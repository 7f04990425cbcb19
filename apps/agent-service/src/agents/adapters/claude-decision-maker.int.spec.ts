import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { metrics as metricsApi } from '@opentelemetry/api';
import { z } from 'zod';
import { UnusableAnswer, type Finding, type Judgement, type Question } from '#libs/agent-kit';
import { createLogger, createMetrics } from '#libs/observability';
import {
  claudeAnswers,
  claudeModel,
  eventually,
  fixedClock,
  startFakeClaude,
  type FakeClaude,
  type FixedClock,
} from '#libs/testing';
import { claudeDecisionMaker, type ClaudeDecisionMaker } from './claude-decision-maker.ts';

const API_KEY = 'sk-ant-fake-0123456789';
const CONCURRENCY = 4;
const CALLS_OF_ONE_DECISION = 3;
const FAILURES_UNTIL_OPEN = 5;
const MODEL = 'claude-sonnet-5-5';

const answerSchema = z.object({
  quantity: z.number(),
  urgency: z.enum(['critical', 'high', 'medium']),
  confidence: z.number(),
  reasoning: z.string(),
});

const byRules: Judgement = {
  action: {
    kind: 'reorder',
    sku: 'VEG001',
    quantity: { value: 40, unit: 'each' },
    supplierId: 'a-secret-supplier',
    estimatedCost: { amount: 10_000, currency: 'USD' },
    urgency: 'critical',
  },
  confidence: 0.88,
  reasoning: '8 left of 10.',
};

function judgementOf(answer: unknown): Judgement {
  const { quantity, confidence, reasoning, urgency } = answerSchema.parse(answer);
  if (quantity > 800) throw new UnusableAnswer(`it orders ${quantity}, and at most 800 make sense`);
  if (confidence > 1) throw new UnusableAnswer('confidence must be from 0 to 1');
  const action = {
    ...byRules.action,
    urgency,
    quantity: { value: Math.ceil(quantity), unit: 'each' },
    estimatedCost: { amount: Math.ceil(quantity) * 250, currency: 'USD' },
  };
  return { action, confidence, reasoning };
}

const question: Question = {
  promptVersion: 'reorder-1',
  instructions: 'Decide how much to order.',
  facts: { item: { sku: 'VEG001' }, inStock: 8 },
  answerSchema: { type: 'object', additionalProperties: false, properties: { quantity: { type: 'number' } } },
  judgementOf,
};

function lettuce(sku = 'VEG001'): Finding {
  return {
    subject: `item:${sku}`,
    state: 'low',
    grade: 2,
    evidence: { figures: [], positions: [] },
    byRules: () => byRules,
    question,
  };
}

const good = { quantity: 45.2, urgency: 'high', confidence: 0.93, reasoning: '8 left, 5 are used a day.' };

let fake: FakeClaude;
let clock: FixedClock;
let log: string;
let calls: string[];
let maker: ClaudeDecisionMaker;

function makerWith(settings: Readonly<{ url?: string; key?: string; model?: string; timeoutMs?: number }> = {}) {
  const metrics = createMetrics(metricsApi.getMeter('spec'));
  return claudeDecisionMaker(
    {
      ANTHROPIC_API_KEY: settings.key ?? API_KEY,
      ANTHROPIC_BASE_URL: settings.url ?? fake.url,
      CLAUDE_MODEL: settings.model ?? MODEL,
      CLAUDE_TIMEOUT_MS: settings.timeoutMs ?? 5_000,
      CLAUDE_CONCURRENCY: CONCURRENCY,
    },
    {
      clock,
      logger: createLogger({
        service: 'spec',
        level: 'debug',
        instanceId: 'spec',
        destination: { write: (line: string) => (log += line) },
      }),
      metrics: { ...metrics, integrationRequests: { add: (_count, { status }) => calls.push(String(status)) } },
    },
  );
}

const decide = (finding = lettuce(), signal = new AbortController().signal, isPast = false) =>
  maker.decide({ agentId: 'inventory_agent', finding, isPast }, signal);

beforeEach(async () => {
  fake = await startFakeClaude({
    apiKey: API_KEY,
    models: [
      claudeModel(MODEL, { line: 'sonnet' }),
      claudeModel('no-schemas', { capabilities: null }),
      claudeModel('retiring', { lifecycle: 'deprecated', retires_at: '2026-11-30T00:00:00Z' }),
      claudeModel('retired', { lifecycle: 'retired' }),
    ],
  });
  clock = fixedClock();
  log = '';
  calls = [];
  maker = makerWith();
});

afterEach(async () => {
  await fake.close();
  expect(log).not.toContain(API_KEY);
});

describe('Claude decides', () => {
  it('with one call, and the decision says by which model, with which prompt and at what cost', async () => {
    fake.answer(
      claudeAnswers.json(good, { usage: { input_tokens: 300, cache_read_input_tokens: 50, output_tokens: 70 } }),
    );

    const decision = await decide();

    expect(decision).toEqual({
      judgement: {
        action: {
          kind: 'reorder',
          sku: 'VEG001',
          quantity: { value: 46, unit: 'each' },
          supplierId: 'a-secret-supplier',
          estimatedCost: { amount: 11_500, currency: 'USD' },
          urgency: 'high',
        },
        confidence: 0.93,
        reasoning: '8 left, 5 are used a day.',
      },
      decidedBy: 'claude',
      model: {
        name: MODEL,
        promptVersion: question.promptVersion,
        inputTokens: 350,
        outputTokens: 70,
        latencyMs: expect.any(Number),
      },
    });
    expect(calls).toEqual(['success']);
    expect(maker.health()).toEqual({ status: 'healthy', model: MODEL });
  });

  it('from the facts that it needs and no others, marked as data', async () => {
    fake.answer(claudeAnswers.json(good));
    await decide();

    const [request] = fake.requests;

    expect(request?.body).toMatchObject({
      model: MODEL,
      system: question.instructions,
      messages: [{ role: 'user', content: `<facts>\n${JSON.stringify(question.facts)}\n</facts>` }],
      output_config: { format: { type: 'json_schema', schema: question.answerSchema } },
    });
    expect(JSON.stringify(request?.body)).not.toContain('a-secret-supplier');
    expect(request?.headers).not.toHaveProperty('traceparent');
  });
});

describe('the rules decide after one call, and the decision says why', () => {
  it.each([
    { name: 'Claude refuses', answer: claudeAnswers.refusal(), reason: 'it stopped with refusal' },
    { name: 'the answer is truncated', answer: claudeAnswers.truncated(good), reason: 'it stopped with max_tokens' },
    { name: 'the answer is no JSON', answer: claudeAnswers.text('Order 45.'), reason: 'it is no JSON' },
    {
      name: 'the answer is outside of its limits',
      answer: claudeAnswers.json({ ...good, quantity: 801 }),
      reason: 'it orders 801, and at most 800 make sense',
    },
    {
      name: 'the answer lacks a part',
      answer: claudeAnswers.json({ ...good, confidence: 7 }),
      reason: 'confidence must be from 0 to 1',
    },
    {
      name: 'the request is refused',
      answer: claudeAnswers.badRequest(),
      reason: 'Claude answered 400 (invalid_request_error)',
    },
  ])('when $name, and the next finding is asked about again', async ({ answer, reason }) => {
    fake.answer(answer, claudeAnswers.json(good));

    const first = await decide();
    const second = await decide();

    expect(first).toEqual({ judgement: byRules, decidedBy: 'rules', fallbackReason: expect.stringContaining(reason) });
    expect(second.decidedBy).toBe('claude');
    expect(fake.requests).toHaveLength(2);
    expect(log).toContain('the rules decide');
  });
});

describe('no call is made', () => {
  it('for a finding that only rules decide', async () => {
    const { subject, state, grade, evidence, byRules: rules } = lettuce();
    expect(await decide({ subject, state, grade, evidence, byRules: rules })).toEqual({
      judgement: byRules,
      decidedBy: 'rules',
    });
    expect(fake.requests).toEqual([]);
  });

  it('for a finding about a time long gone', async () => {
    expect(await decide(lettuce(), undefined, true)).toMatchObject({
      decidedBy: 'rules',
      fallbackReason: expect.stringContaining('history'),
    });
    expect(fake.requests).toEqual([]);
  });
});

describe('nobody asks again for five minutes', () => {
  it.each([
    {
      name: 'the key is refused',
      answer: claudeAnswers.unauthenticated(),
      reason: 'Claude answered 401 (authentication_error)',
    },
    {
      name: 'there is no money',
      answer: claudeAnswers.paymentRequired(),
      reason: 'Claude answered 402 (billing_error)',
    },
    { name: 'the key may not', answer: claudeAnswers.forbidden(), reason: 'Claude answered 403 (permission_error)' },
    {
      name: 'the spend limit is reached',
      answer: claudeAnswers.spendLimitReached(),
      reason: 'Claude answered 429 (enforced_spend_limit_reached)',
    },
  ])('when $name', async ({ answer, reason }) => {
    fake.answer(answer, claudeAnswers.json(good));

    const decisions = [await decide(), await decide()];

    const refused = { judgement: byRules, decidedBy: 'rules', fallbackReason: reason };
    expect(decisions).toEqual([refused, refused]);
    expect(fake.requests).toHaveLength(1);
    expect(maker.health()).toEqual({ status: 'unhealthy', model: MODEL, error: reason });

    clock.advance(5 * 60_000);
    expect(await decide()).toMatchObject({ decidedBy: 'claude' });
    expect(maker.health()).toMatchObject({ status: 'healthy' });
  });

  it('and a key that was refused is in no log', async () => {
    maker = makerWith({ key: 'sk-ant-another-0123456789' });
    expect(await decide()).toMatchObject({ fallbackReason: 'Claude answered 401 (authentication_error)' });
    expect(log).not.toContain('sk-ant-another');
  });
});

describe('a passing trouble', () => {
  it('is waited for as long as retry-after says', async () => {
    fake.answer(claudeAnswers.rateLimited(1), claudeAnswers.json(good));

    expect(await decide()).toMatchObject({ decidedBy: 'claude' });

    const [first, second] = fake.requests.map(({ receivedAt }) => receivedAt.getTime());
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
    expect(fake.requests).toHaveLength(2);
  });

  it('that lasts longer than a decision may wait is not asked about before it is over', async () => {
    fake.answer(claudeAnswers.rateLimited(120), claudeAnswers.json(good));

    expect(await decide()).toMatchObject({
      decidedBy: 'rules',
      fallbackReason: 'Claude answered 429 (rate_limit_error)',
    });
    clock.advance(119_000);
    expect(await decide()).toMatchObject({ decidedBy: 'rules' });
    expect(fake.requests).toHaveLength(1);

    clock.advance(1_000);
    expect(await decide()).toMatchObject({ decidedBy: 'claude' });
  });

  it('is tried twice more, then the rules decide', async () => {
    fake.answerWith(() => claudeAnswers.overloaded());

    expect(await decide()).toEqual({
      judgement: byRules,
      decidedBy: 'rules',
      fallbackReason: 'Claude answered 529 (overloaded_error)',
    });
    expect(fake.requests).toHaveLength(CALLS_OF_ONE_DECISION);
  });

  it('that passes at the second try leaves the decision to Claude', async () => {
    fake.answer(claudeAnswers.badGateway(), claudeAnswers.reset(), claudeAnswers.json(good));

    expect(await decide()).toMatchObject({ decidedBy: 'claude' });
    expect(calls).toEqual(['error', 'error', 'success']);
  });

  it('is a Claude that does not answer in time', async () => {
    maker = makerWith({ timeoutMs: 150 });
    fake.answerWith(() => claudeAnswers.never());

    expect(await decide()).toMatchObject({ decidedBy: 'rules', fallbackReason: 'Claude did not answer in time' });
    expect(fake.requests).toHaveLength(CALLS_OF_ONE_DECISION);
  });

  it('is a Claude that cannot be reached', async () => {
    await fake.close();

    expect(await decide()).toMatchObject({ decidedBy: 'rules', fallbackReason: 'Claude could not be reached' });
    expect(calls).toEqual(['error', 'error', 'error']);
  });
});

describe('while Claude is down', () => {
  /** As many decisions as may be under way when the circuit opens: those of the failures, and the ones beside the last. */
  const MOST_CALLS = (FAILURES_UNTIL_OPEN + CONCURRENCY - 1) * CALLS_OF_ONE_DECISION;

  it(`30 findings cost at most ${MOST_CALLS} calls, and all of them are decided`, async () => {
    fake.answerWith(() => claudeAnswers.overloaded());

    const decisions = await Promise.all(Array.from({ length: 30 }, (_, item) => decide(lettuce(`SKU${item}`))));

    expect(decisions.map(({ decidedBy }) => decidedBy)).toEqual(Array.from({ length: 30 }, () => 'rules'));
    expect(decisions.every(({ fallbackReason }) => fallbackReason !== undefined)).toBe(true);
    expect(fake.requests.length).toBeLessThanOrEqual(MOST_CALLS);
    expect(fake.requests.length).toBeGreaterThanOrEqual(FAILURES_UNTIL_OPEN * CALLS_OF_ONE_DECISION);
    expect(maker.health()).toMatchObject({ status: 'unhealthy', error: 'too many calls failed in a row' });

    const before = fake.requests.length;
    expect(await decide()).toMatchObject({ decidedBy: 'rules', fallbackReason: expect.stringContaining('circuit') });
    expect(fake.requests).toHaveLength(before);

    fake.answerWith(() => claudeAnswers.json(good));
    const later = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 30_000);
    expect(await decide()).toMatchObject({ decidedBy: 'claude' });
    later.mockRestore();
    expect(maker.health()).toMatchObject({ status: 'healthy' });
  }, 20_000);
});

describe('a decision that is given up', () => {
  it('is made by nobody, so that another instance can ask', async () => {
    fake.answerWith(() => claudeAnswers.never());
    const stopping = new AbortController();
    const decision = decide(lettuce(), stopping.signal);
    await eventually(() => fake.requests.length === 1);

    stopping.abort();

    await expect(decision).rejects.toThrow();
    expect(log).toBe('');
  });
});

describe('at start the model is looked up', () => {
  const checked = async (model: string) => {
    maker = makerWith({ model });
    await maker.checkModel();
    return maker.health();
  };

  it('and nothing is said of a current one', async () => {
    expect(await checked(MODEL)).toEqual({ status: 'healthy', model: MODEL });
    expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([`GET /v1/models/${MODEL}`]);
    expect(log).toBe('');
  });

  it.each([
    { model: 'unknown', status: 'unhealthy', error: 'knows no model unknown' },
    { model: 'retired', status: 'unhealthy', error: 'is retired' },
    { model: 'retiring', status: 'degraded', error: 'retires on 2026-11-30', retiresAt: '2026-11-30T00:00:00Z' },
  ])('and a warning tells of one that is $model', async ({ model, status, error, ...more }) => {
    expect(await checked(model)).toEqual({ status, model, ...more, error: expect.stringContaining(error) });
    expect(log).toContain('"level":"warn"');
    expect(log).toContain(error);
  });

  it('and a warning tells of one that cannot answer in a schema', async () => {
    await fake.close();
    const { capabilities } = claudeModel('any');
    if (!capabilities) throw new Error('The fake knows capabilities.');
    const plain = { ...capabilities, structured_outputs: { supported: false } };
    fake = await startFakeClaude({ apiKey: API_KEY, models: [claudeModel('plain', { capabilities: plain })] });

    expect(await checked('plain')).toMatchObject({ status: 'unhealthy', error: expect.stringContaining('schema') });
    expect(log).toContain('cannot answer in a schema');
  });

  it('and nothing is held against one of which the API does not say it', async () => {
    expect(await checked('no-schemas')).toEqual({ status: 'healthy', model: 'no-schemas' });
  });

  it.each([
    { name: 'refuses', answer: claudeAnswers.unauthenticated() },
    { name: 'fails', answer: claudeAnswers.serverError() },
    { name: 'breaks off', answer: claudeAnswers.reset() },
  ])('and a lookup that $name leaves a warning and no verdict', async ({ answer }) => {
    fake.answerModelsWith(answer);
    expect(await checked(MODEL)).toMatchObject({
      status: 'healthy',
      error: expect.stringContaining('could not be checked'),
    });
    expect(log).toContain('could not be checked');
  });
});
