import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listenOnLoopback } from './loopback.ts';

export type CollectedSpan = Readonly<{
  name: string;
  traceId: string;
  spanId: string;
  /** Absent on the first span of a trace. */
  parentSpanId: string | undefined;
  service: string;
  kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  attributes: Readonly<Record<string, unknown>>;
  links: readonly Readonly<{ traceId: string; spanId: string }>[];
  isError: boolean;
}>;

export interface OtlpCollector {
  /** For `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  readonly url: string;
  /** Everything received so far, in the order in which it came. */
  spans(): CollectedSpan[];
  clear(): void;
  close(): Promise<void>;
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUS_ERROR = 2;

const anyValue: z.ZodType = z
  .object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.coerce.number().optional(),
    doubleValue: z.number().optional(),
    arrayValue: z.object({ values: z.array(z.lazy(() => anyValue)) }).optional(),
  })
  .transform(({ stringValue, boolValue, intValue, doubleValue, arrayValue }): unknown => {
    return stringValue ?? boolValue ?? intValue ?? doubleValue ?? arrayValue?.values;
  });

const attributes = z
  .array(z.object({ key: z.string(), value: anyValue }))
  .default([])
  .transform((list) => Object.fromEntries(list.map(({ key, value }) => [key, value])));

const traceRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              name: z.string(),
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              kind: z.number().int().min(0).max(5),
              attributes,
              links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
              status: z.object({ code: z.number().default(0) }).default({ code: 0 }),
            }),
          ),
        }),
      ),
    }),
  ),
});

/** Receives traces by OTLP/HTTP in JSON on loopback, as a collector would, and keeps them for a spec to look at. */
export async function startOtlpCollector(): Promise<OtlpCollector> {
  let collected: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    void receive(request, response, (spans) => {
      collected.push(...spans);
    });
  });
  const { port, close } = await listenOnLoopback(server);
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => [...collected],
    clear: () => {
      collected = [];
    },
    close,
  };
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  keep: (spans: CollectedSpan[]) => void,
): Promise<void> {
  const body = await text(request);
  if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/json') {
    response.writeHead(415).end('Only POST /v1/traces in JSON is understood.');
    return;
  }
  try {
    keep(spansOf(traceRequest.parse(JSON.parse(body))));
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  } catch (error) {
    response.writeHead(400).end(String(error));
  }
}

function spansOf({ resourceSpans }: z.infer<typeof traceRequest>): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ status, kind, parentSpanId, ...span }) => ({
        ...span,
        parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
        kind: KINDS[kind] ?? 'unspecified',
        service: String(resource.attributes['service.name']),
        isError: status.code === STATUS_ERROR,
      })),
    ),
  );
}
