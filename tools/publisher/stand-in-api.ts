import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { CLOUD_EVENT_BATCH_MEDIA_TYPE, parseBusinessEvent, parseStructured, PROBLEM_MEDIA_TYPE } from '#libs/contracts';
import type { CloudEvent, IngestResult } from '#libs/contracts';
import { DomainError } from '#libs/kernel';
import { MAXIMUM_BATCH_BYTES, MAXIMUM_BATCH_EVENTS } from './batches.ts';

/** What the stand-in answers instead of the result. */
export type Interference = Readonly<{
  status: number;
  retryAfter?: string;
  /** Break the connection without an answer. */
  hangUp?: boolean;
  /** Whether the events are stored all the same, as when an answer is lost on its way. */
  afterWork: boolean;
}>;

export type StandInApi = Readonly<{
  url: string;
  /** Every event that was accepted, once, in the order of acceptance. */
  stored: readonly CloudEvent[];
  /** How many events each request held, also of those that were interfered with. */
  requests: readonly number[];
  close(): Promise<void>;
}>;

type StandInOptions = Readonly<{
  apiKey?: string | undefined;
  /** Asked for each request, the first being number 1. */
  interfere?: ((request: number) => Interference | undefined) | undefined;
  /** Refuses single events. */
  rejects?: ((event: CloudEvent) => boolean) | undefined;
  /** A port of 127.0.0.1; 0 for a free one. */
  port?: number | undefined;
}>;

/** Stands in for agent-service's `POST /v1/events` in specs: strict about events, `(source, id)` counts once. */
export async function startStandInApi(options: StandInOptions = {}): Promise<StandInApi> {
  const standIn = new StandIn(options);
  const server = createServer((request, response) => {
    standIn.answer(request, response).catch((error: unknown) => {
      send(response, 400, problemOf(400, String(error), 'stand-in/malformed'));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stand-in has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    stored: standIn.stored,
    requests: standIn.requests,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

class StandIn {
  readonly stored: CloudEvent[] = [];
  readonly requests: number[] = [];
  readonly #known = new Map<string, number>();
  readonly #options: StandInOptions;

  constructor(options: StandInOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const events: unknown = JSON.parse(body);
    if (!Array.isArray(events)) {
      send(response, 400, problemOf(400, 'the body is no array', 'stand-in/no-array'));
      return;
    }
    this.requests.push(events.length);
    const interference = this.#options.interfere?.(this.requests.length);
    const result = interference?.afterWork === false ? undefined : this.#work(request, body, events);
    if (interference !== undefined) interrupt(request, response, interference);
    else if (result !== undefined) send(response, result.status, result.body);
  }

  #work(request: IncomingMessage, body: string, events: unknown[]): { status: number; body: object } {
    const refusal = refusalOf(request, body, events.length, this.#options.apiKey);
    if (refusal !== undefined) return { status: refusal.status, body: refusal };
    const items = events.map((event) => this.#take(event));
    const count = (status: string): number => items.filter((item) => item.status === status).length;
    const rejected = count('rejected');
    const counts = { accepted: count('accepted'), duplicates: count('duplicate'), rejected };
    return { status: rejected === 0 ? 200 : 207, body: { ...counts, items } };
  }

  #take(value: unknown): IngestResult {
    const event = parseStructured(value);
    const { id, source } = event;
    const key = JSON.stringify([source, id]);
    const position = this.#known.get(key);
    if (position !== undefined) return { id, source, status: 'duplicate', position };
    const problem = this.#problemWith(event);
    if (problem !== undefined) return { id, source, status: 'rejected', problem };
    this.stored.push(event);
    this.#known.set(key, this.stored.length);
    return { id, source, status: 'accepted', position: this.stored.length };
  }

  #problemWith(event: CloudEvent): ProblemBody | undefined {
    try {
      parseBusinessEvent(event);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return problemOf(422, error.message, error.code);
    }
    const isUnwanted = this.#options.rejects?.(event) === true;
    return isUnwanted ? problemOf(422, 'it is not wanted here', 'stand-in/unwanted') : undefined;
  }
}

type ProblemBody = Readonly<{ type: string; title: string; status: number; detail: string; code: string }>;

function problemOf(status: number, detail: string, code: string): ProblemBody {
  return { type: `urn:problem:${code}`, title: 'Refused', status, detail, code };
}

function refusalOf(
  request: IncomingMessage,
  body: string,
  eventCount: number,
  apiKey: string | undefined,
): ProblemBody | undefined {
  if (request.method !== 'POST' || request.url !== '/v1/events')
    return problemOf(404, 'nothing is here', 'stand-in/404');
  if (apiKey !== undefined && request.headers.authorization !== `Bearer ${apiKey}`) {
    return problemOf(401, 'this key is not known', 'stand-in/unknown-key');
  }
  if (request.headers['content-type'] !== CLOUD_EVENT_BATCH_MEDIA_TYPE) {
    return problemOf(415, 'this is no batch of CloudEvents', 'stand-in/format');
  }
  if (eventCount > MAXIMUM_BATCH_EVENTS || Buffer.byteLength(body) > MAXIMUM_BATCH_BYTES) {
    return problemOf(413, 'the batch is too large', 'stand-in/too-large');
  }
  return undefined;
}

function interrupt(request: IncomingMessage, response: ServerResponse, interference: Interference): void {
  if (interference.hangUp === true) {
    request.socket.destroy();
    return;
  }
  if (interference.retryAfter !== undefined) response.setHeader('retry-after', interference.retryAfter);
  send(response, interference.status, problemOf(interference.status, 'as the spec demands', 'stand-in/interference'));
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': status >= 400 ? PROBLEM_MEDIA_TYPE : 'application/json' });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
