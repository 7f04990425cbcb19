import { CLOUD_EVENT_BATCH_MEDIA_TYPE, ingestBatchResultSchema, problemSchema } from '#libs/contracts';
import type { IngestBatchResult } from '#libs/contracts';
import { PublishRefused, UnreadableAnswer } from './publisher.errors.ts';

/** How one request ended, where sending may go on. */
export type Attempt =
  | Readonly<{ outcome: 'answered'; result: IngestBatchResult }>
  | Readonly<{ outcome: 'too-large'; detail: string }>
  | Readonly<{ outcome: 'slow-down'; reason: string; afterMs: number | undefined }>
  | Readonly<{ outcome: 'unavailable'; reason: string; afterMs: number | undefined }>;

export type Request = Readonly<{
  url: string;
  apiKey: string | undefined;
  body: string;
  /** How many results must come back. */
  eventCount: number;
  signal: AbortSignal;
  fetch: typeof fetch;
}>;

const SUCCESSES: ReadonlySet<number> = new Set([200, 202, 207]);
/** What passes: timeouts, overload, a proxy without its service, a defect that a restart may cure. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 500, 502, 503, 504]);
const TOO_LARGE = 413;
const TOO_MANY = 429;

/**
 * Sends one request and says how it ended.
 * @throws PublishRefused when sending it again would not help
 * @throws UnreadableAnswer
 */
export async function attempt(request: Request): Promise<Attempt> {
  let response: Response;
  let body: string;
  try {
    response = await request.fetch(request.url, {
      method: 'POST',
      headers: {
        'content-type': CLOUD_EVENT_BATCH_MEDIA_TYPE,
        accept: 'application/json',
        ...(request.apiKey === undefined ? {} : { authorization: `Bearer ${request.apiKey}` }),
      },
      body: request.body,
      // A redirect would carry the key to another place.
      redirect: 'manual',
      signal: request.signal,
    });
    body = await response.text();
  } catch (error) {
    // Whatever broke the connection: the request may or may not have been heard, and sending it again is harmless.
    return { outcome: 'unavailable', reason: networkReason(error), afterMs: undefined };
  }
  return judge(request, response, body);
}

function judge(request: Request, response: Response, body: string): Attempt {
  const { status } = response;
  if (SUCCESSES.has(status)) return { outcome: 'answered', result: resultOf(request, status, body) };

  const detail = detailOf(body, status);
  const afterMs = retryAfterMs(response.headers, body);
  if (status === TOO_LARGE) return { outcome: 'too-large', detail };
  if (status === TOO_MANY) return { outcome: 'slow-down', reason: `429 ${detail}`, afterMs };
  if (PASSING.has(status)) return { outcome: 'unavailable', reason: `${status} ${detail}`, afterMs };
  throw new PublishRefused(request.url, status, detail);
}

function resultOf(request: Request, status: number, body: string): IngestBatchResult {
  const parsed = ingestBatchResultSchema.safeParse(jsonOf(body));
  if (!parsed.success) {
    throw new UnreadableAnswer(request.url, status, 'it is no list of accepted, duplicate and rejected events');
  }
  const { items } = parsed.data;
  if (items.length !== request.eventCount) {
    throw new UnreadableAnswer(request.url, status, `${items.length} results for ${request.eventCount} events`);
  }
  return parsed.data;
}

function detailOf(body: string, status: number): string {
  const problem = problemSchema.safeParse(jsonOf(body));
  if (!problem.success) return `no reason was given for status ${status}.`;
  const errors = problem.data.errors ?? [];
  return [problem.data.detail, ...errors.slice(0, 3).map(({ pointer, detail }) => `${pointer} ${detail}.`)].join(' ');
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), else what the problem says. */
function retryAfterMs(headers: Headers, body: string): number | undefined {
  const header = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const problem = problemSchema.safeParse(jsonOf(body));
  const seconds = problem.success ? problem.data.retryAfterSeconds : undefined;
  return seconds === undefined ? undefined : seconds * 1_000;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a proxy's page, say; the schemas then refuse it
  }
}

function networkReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.code;
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer in time';
  return error instanceof Error ? error.message : String(error);
}
