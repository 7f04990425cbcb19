import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { correlationId, tenantId } from '#libs/kernel';
import { listenOnLoopback } from '#libs/testing';
import type { Listening } from '#libs/testing';
import { currentTraceId, traced } from './context.ts';
import { runWithCorrelation } from './correlation.ts';
import { reportError } from './error-reporting.ts';
import { startTelemetry } from './telemetry.ts';

const PROCESS = { serviceName: 'agent-service', serviceVersion: '1.2.3', instanceId: 'agent-1', environment: 'test' };

describe('Error reporting', () => {
  let sentry: Listening;
  let envelopes: string[] = [];

  beforeAll(async () => {
    sentry = await listenOnLoopback(
      createServer((request, response) => {
        void text(request).then((body) => {
          envelopes.push(`${String(request.url)}\n${body}`);
          response.end('{}');
        });
      }),
    );
  });

  afterEach(() => {
    envelopes = [];
  });

  afterAll(() => sentry.close());

  it('sends what failed, where and for whom, without its secrets, by the end of shutdown', async () => {
    const sentryDsn = `http://public@127.0.0.1:${sentry.port}/7`;
    const telemetry = await startTelemetry({ ...PROCESS, sentryDsn, instrumentDrivers: false });
    const cause = new Error('postgres://steward:hunter2@db/steward is away');
    let traceId: string | undefined;

    await runWithCorrelation({ correlationId: correlationId('order-7'), tenant: tenantId('pizza-7') }, () =>
      traced('decide', {}, () => {
        traceId = currentTraceId();
        const failure = Object.assign(new TypeError('password=hunter2', { cause }), { apiKey: 'hunter2' });
        reportError(failure, { component: 'agent-runner', agentId: 'inventory_agent' });
      }),
    );
    await telemetry.shutdown();

    const body = envelopes.join('\n');
    const event: unknown = JSON.parse(body.split('\n').find((line) => line.includes('"exception"')) ?? '{}');
    expect(body).toContain('/api/7/envelope/');
    expect(body).not.toContain('hunter2');
    expect(event).toMatchObject({
      environment: 'test',
      release: 'agent-service@1.2.3',
      server_name: 'agent-1',
      tags: {
        component: 'agent-runner',
        agent_id: 'inventory_agent',
        correlation_id: 'order-7',
        tenant: 'pizza-7',
      },
      contexts: { trace: { trace_id: traceId } },
      exception: {
        values: [
          { type: 'Error', value: 'postgres://steward:***@db/steward is away' },
          { type: 'TypeError', value: 'password=***' },
        ],
      },
    });
  });

  it('does nothing without a DSN', async () => {
    const telemetry = await startTelemetry({ ...PROCESS, instrumentDrivers: false });

    reportError(new Error('boom'), { component: 'agent-runner' });
    await telemetry.shutdown();

    expect(envelopes).toEqual([]);
  });
});
