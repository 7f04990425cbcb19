import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { startOtlpCollector } from './otlp-collector.ts';
import type { OtlpCollector } from './otlp-collector.ts';

describe('An OTLP collector', () => {
  let collector: OtlpCollector;

  beforeEach(async () => {
    collector = await startOtlpCollector();
  });

  afterEach(() => collector.close());

  it('keeps what a real exporter sends, with every type of attribute', async () => {
    const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'probe' }),
      spanProcessors: [new BatchSpanProcessor({ exporter })],
    });
    const span = provider.getTracer('spec').startSpan('work', { kind: SpanKind.CONSUMER });
    const attributes = { text: 'a', whole: 7, part: 0.5, yes: false, list: ['a', 'b'] };
    span.setAttributes(attributes).setStatus({ code: SpanStatusCode.ERROR }).end();

    await provider.shutdown();

    expect(collector.spans()).toEqual([
      {
        name: 'work',
        traceId: span.spanContext().traceId,
        spanId: span.spanContext().spanId,
        parentSpanId: undefined,
        service: 'probe',
        kind: 'consumer',
        attributes,
        links: [],
        isError: true,
      },
    ]);
    collector.clear();
    expect(collector.spans()).toEqual([]);
  });

  it('refuses what it cannot read instead of losing it in silence', async () => {
    const post = async (path: string, type: string, body: string): Promise<number> => {
      const answer = await fetch(collector.url + path, { method: 'POST', headers: { 'content-type': type }, body });
      return answer.status;
    };

    expect(await post('/v1/traces', 'application/x-protobuf', '')).toBe(415);
    expect(await post('/v1/metrics', 'application/json', '{}')).toBe(415);
    expect(await post('/v1/traces', 'application/json', '{"resourceSpans":[{}]}')).toBe(400);
    expect(collector.spans()).toEqual([]);
  });
});
