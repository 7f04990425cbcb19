import type { z } from 'zod';
import { problemSchema } from '#libs/contracts';
import {
  deadLetterDetailSchema,
  deadLetterItemSchema,
  deadLetterPageSchema,
  redriveAnswerSchema,
  type DeadLetterDetail,
  type DeadLetterItem,
  type DeadLetterPage,
  type RedriveRequest,
} from '#libs/messaging';
import type { Options, ServiceName } from './options.ts';

const REQUEST_TIMEOUT_MS = 10_000;

/** What a service refused, in its own words. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Nobody answered, or not the service. */
export class NoAnswer extends Error {}

type Query = Readonly<Record<string, string | number | undefined>>;
type Request = Readonly<{ path: string; query?: Query; body?: object }>;

/** The dead letters of one service, over HTTP. All methods throw Refused and NoAnswer. */
export class ServiceDesk {
  readonly service: ServiceName;
  private readonly url: string;
  private readonly options: Options;

  constructor(service: ServiceName, url: string, options: Options) {
    this.service = service;
    this.url = url;
    this.options = options;
  }

  list(): Promise<DeadLetterPage> {
    const { state, consumer, code, limit } = this.options;
    return this.ask(deadLetterPageSchema, { path: '', query: { state, consumer, code, limit } });
  }

  blocked(): Promise<DeadLetterPage> {
    const { consumer, limit } = this.options;
    return this.ask(deadLetterPageSchema, { path: '/blocked', query: { consumer, limit } });
  }

  get(id: number): Promise<DeadLetterDetail> {
    return this.ask(deadLetterDetailSchema, { path: `/${id}` });
  }

  redrive(id: number): Promise<DeadLetterItem> {
    return this.ask(deadLetterItemSchema, { path: `/${id}/redrive`, body: {} });
  }

  async redriveMany(request: RedriveRequest): Promise<number> {
    const { redriven } = await this.ask(redriveAnswerSchema, { path: '/redrive', body: request });
    return redriven;
  }

  discard(id: number, reason: string): Promise<DeadLetterItem> {
    return this.ask(deadLetterItemSchema, { path: `/${id}/discard`, body: { reason } });
  }

  private async ask<Answer>(schema: z.ZodType<Answer>, { path, query = {}, body }: Request): Promise<Answer> {
    const { tenant, apiKey } = this.options;
    const parameters = new URLSearchParams();
    const whole: Query = { ...query, tenant };
    for (const [name, value] of Object.entries(whole)) if (value !== undefined) parameters.set(name, String(value));
    const suffix = parameters.size === 0 ? '' : `?${parameters.toString()}`;
    const { ok, status, json } = await this.fetched(`/v1/dead-letters${path}${suffix}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        ...(apiKey === undefined ? {} : { 'x-api-key': apiKey }),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!ok) throw this.refusal(status, json);
    const answer = schema.safeParse(json);
    if (answer.success) return answer.data;
    throw new NoAnswer(`What answers at ${this.url} is not ${this.service}-service, or another version of it.`);
  }

  private async fetched(
    path: string,
    init: RequestInit,
  ): Promise<Readonly<{ ok: boolean; status: number; json: unknown }>> {
    try {
      const answer = await fetch(`${this.url}${path}`, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      const text = await answer.text();
      return { ok: answer.ok, status: answer.status, json: /^\s*[[{]/.test(text) ? JSON.parse(text) : undefined };
    } catch (error) {
      throw new NoAnswer(
        `${this.service}-service does not answer at ${this.url} (${reasonOf(error)}). Does it run, and is its URL right?`,
        { cause: error },
      );
    }
  }

  private refusal(status: number, json: unknown): Error {
    const problem = problemSchema.safeParse(json);
    const who = `${this.service}-service`;
    if (!problem.success)
      return new NoAnswer(`${who} answered ${status} at ${this.url}, which is none of its answers.`);
    const { title, detail, errors = [] } = problem.data;
    const violations = errors.map((each) => `\n  ${each.pointer} ${each.detail}`).join('');
    return new Refused(status, `${who} refuses (${status}): ${title}. ${detail}${violations}`);
  }
}

/** fetch hides why it failed in its cause. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(inner instanceof Error)) return String(inner);
  return inner.message === '' && 'code' in inner ? String(inner.code) : inner.message;
}
