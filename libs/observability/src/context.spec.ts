import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { correlationId, DomainError, tenantId } from '#libs/kernel';
import { currentTraceId, currentTraceparent, injectContext, traced, withSpan } from './context.ts';
import type { Carrier } from './context.ts';
import { currentCorrelation, runWithCorrelation } from './correlation.ts';
import { createLogger } from './logger.ts';

const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/;

class StockTooLow extends DomainError {
  readonly kind = 'refused';
  readonly code = 'stock/too-low';
}

describe('Without telemetry', () => {
  it('work runs all the same and has no trace', async () => {
    const carrier: Carrier = {};

    const result = await withSpan('work', { parent: carrier }, () => {
      injectContext(carrier);
      return currentTraceparent() ?? 'none';
    });

    expect(result).toBe('none');
    expect(carrier).toEqual({});
    expect(currentTraceId()).toBeUndefined();
  });
});

describe('With telemetry', () => {
  const exporter = new InMemorySpanExporter();

  beforeAll(() => {
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }));
    context.setGlobalContextManager(new AsyncLocalStorageContextManager());
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  });

  afterEach(() => {
    exporter.reset();
  });

  afterAll(() => {
    for (const api of [trace, context, propagation]) api.disable();
  });

  it('a trace survives a carrier: the consumer is a child of the producer', async () => {
    const headers: Carrier = { other: 'kept' };
    await withSpan('send orders', { kind: 'producer' }, () => {
      injectContext(headers);
    });

    await withSpan('process orders', { kind: 'consumer', parent: headers }, () => Promise.resolve());

    const [sent, processed] = exporter.getFinishedSpans();
    expect(headers['other']).toBe('kept');
    expect(headers['traceparent']).toMatch(TRACEPARENT);
    expect(processed?.spanContext().traceId).toBe(sent?.spanContext().traceId);
    expect(processed?.parentSpanContext?.spanId).toBe(sent?.spanContext().spanId);
    expect([sent?.kind, processed?.kind]).toEqual([SpanKind.PRODUCER, SpanKind.CONSUMER]);
  });

  it('an empty carrier starts a new trace even inside another one, and a link keeps the tie', async () => {
    await traced('outer', {}, async () => {
      const outer: Carrier = {};
      injectContext(outer);
      await withSpan('inner', { parent: {}, links: [outer, {}] }, () => undefined);
    });

    const [inner, outer] = exporter.getFinishedSpans();
    expect(inner?.spanContext().traceId).not.toBe(outer?.spanContext().traceId);
    expect(inner?.links.map((link) => link.context.spanId)).toEqual([outer?.spanContext().spanId]);
  });

  it('baggage does not travel', async () => {
    const carrier: Carrier = {};
    const baggage = propagation.createBaggage({ 'tenant.id': { value: 'pizza-7' } });

    await context.with(propagation.setBaggage(context.active(), baggage), () =>
      traced('work', {}, () => {
        injectContext(carrier);
      }),
    );

    expect(Object.keys(carrier)).toEqual(['traceparent']);
  });

  it('the running trace is known inside and across awaits', async () => {
    const [first, second] = await traced('work', {}, async () => {
      const before = currentTraceparent();
      await Promise.resolve();
      return [before, currentTraceparent()];
    });

    expect(first).toMatch(TRACEPARENT);
    expect(second).toBe(first);
    expect(currentTraceparent()).toBeUndefined();
  });

  it('a failure marks the span with its code, without its secrets, and passes through', async () => {
    const failure = new StockTooLow('VEG001 is out; password=hunter2');

    await expect(traced('decide', {}, () => Promise.reject(failure))).rejects.toBe(failure);

    const [span] = exporter.getFinishedSpans();
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR, message: 'VEG001 is out; password=***' });
    expect(span?.attributes['error.type']).toBe('stock/too-low');
    expect(JSON.stringify(span?.events)).not.toContain('hunter2');
    expect(span?.ended).toBe(true);
  });

  it('spans carry the correlation of the work', async () => {
    const correlation = { correlationId: correlationId('order-7'), tenant: tenantId('pizza-7') };

    await runWithCorrelation(correlation, () => traced('work', { 'steward.position': 3 }, () => undefined));

    expect(currentCorrelation()).toBeUndefined();
    expect(exporter.getFinishedSpans()[0]?.attributes).toEqual({
      'steward.correlation_id': 'order-7',
      'steward.tenant': 'pizza-7',
      'steward.position': 3,
    });
  });

  it('lines of log carry the ids of the span they were written in', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line) };
    const logger = createLogger({ service: 's', level: 'info', instanceId: 'i', destination });

    await traced('work', {}, () => {
      logger.info('inside');
    });
    logger.info('outside');

    const ids = exporter.getFinishedSpans()[0]?.spanContext();
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ trace_id: ids?.traceId, span_id: ids?.spanId });
    expect(JSON.parse(lines[1] ?? '')).not.toHaveProperty('trace_id');
  });
});
