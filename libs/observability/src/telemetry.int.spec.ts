import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listenOnLoopback, startOtlpCollector } from '#libs/testing';
import type { Listening, OtlpCollector } from '#libs/testing';
import { currentTraceparent, traced, withSpan } from './context.ts';
import { createLogger } from './logger.ts';
import { MetricsPortUnavailable } from './metrics-server.ts';
import { startTelemetry } from './telemetry.ts';
import type { Telemetry, TelemetryOptions } from './telemetry.ts';

const PROCESS = {
  serviceName: 'agent-service',
  serviceVersion: '1.2.3',
  instanceId: 'agent-1',
  environment: 'test',
  prometheusHost: '127.0.0.1',
  instrumentDrivers: false,
} as const;

let running: Telemetry[] = [];
let servers: Listening[] = [];

async function listen(server: Server): Promise<Listening> {
  const listening = await listenOnLoopback(server);
  servers.push(listening);
  return listening;
}

async function start(options: Partial<TelemetryOptions>): Promise<Telemetry> {
  const telemetry = await startTelemetry({ ...PROCESS, ...options });
  running.push(telemetry);
  return telemetry;
}

async function scrape(telemetry: Telemetry, path = '/metrics'): Promise<Response> {
  return fetch(`http://127.0.0.1:${String(telemetry.metricsPort)}${path}`);
}

afterEach(async () => {
  for (const telemetry of running) await telemetry.shutdown();
  for (const server of servers) await server.close();
  running = [];
  servers = [];
});

describe('The metrics of the deployment guide', () => {
  it('are scraped with exactly its names and labels', async () => {
    const telemetry = await start({ prometheusPort: 0 });
    const { metrics } = telemetry;
    metrics.decisions.add(2, { agentId: 'inventory_agent', decisionType: 'reorder' });
    metrics.decisionDuration.record(0.3, { agentId: 'inventory_agent' });
    metrics.confidence.set(0.85, { agentId: 'inventory_agent' });
    metrics.apiRequests.add(1, { status: 202, method: 'POST', endpoint: '/v1/events' });
    metrics.apiRequestDuration.record(0.004);
    metrics.dbConnections.set(3);
    metrics.dbQueryDuration.record(0.0004, { queryType: 'append' });
    metrics.integrationRequests.add(1, { integration: 'toast', status: 200 });
    metrics.integrationResponseTime.record(60, { integration: 'toast' });

    const body = await (await scrape(telemetry)).text();

    const series = body.split('\n').filter((line) => !line.startsWith('#') && !line.includes('_bucket{'));
    expect(series.filter((line) => line !== '')).toEqual([
      'agent_decisions_total{agent_id="inventory_agent",decision_type="reorder"} 2',
      'agent_decision_duration_seconds_count{agent_id="inventory_agent"} 1',
      'agent_decision_duration_seconds_sum{agent_id="inventory_agent"} 0.3',
      'agent_confidence_score{agent_id="inventory_agent"} 0.85',
      'api_requests_total{method="POST",endpoint="/v1/events",status="202"} 1',
      'api_request_duration_seconds_count 1',
      'api_request_duration_seconds_sum 0.004',
      'db_connections_active 3',
      'db_query_duration_seconds_count{query_type="append"} 1',
      'db_query_duration_seconds_sum{query_type="append"} 0.0004',
      'integration_requests_total{integration="toast",status="200"} 1',
      'integration_response_time_seconds_count{integration="toast"} 1',
      'integration_response_time_seconds_sum{integration="toast"} 60',
    ]);
    expect(body).toContain('# TYPE agent_decisions_total counter');
    expect(body).toContain('# TYPE agent_decision_duration_seconds histogram');
    expect(body).toContain('# TYPE agent_confidence_score gauge');
    expect(body).toContain('agent_decision_duration_seconds_bucket{agent_id="inventory_agent",le="0.5"} 1');
    expect(body).toContain('api_request_duration_seconds_bucket{le="0.005"} 1');
    expect(body).toContain('integration_response_time_seconds_bucket{integration="toast",le="60"} 1');
    expect(body).not.toMatch(/otel_|target_info/);
  });

  it('stand beside our own', async () => {
    const telemetry = await start({ prometheusPort: 0 });
    const { metrics } = telemetry;
    metrics.relayLag.set(4, { log: 'agent' });
    metrics.relayLag.set(5, { log: 'agent' });
    metrics.projectionLag.set(6, { projection: 'decisions' });
    metrics.eventsIngested.add(1, { outcome: 'accepted' });
    metrics.deadLetters.add(1, { consumer: 'agent_intake' });
    metrics.backups.add(1, { outcome: 'verified' });
    metrics.alertsFiring.set(2, { severity: 'critical' });
    metrics.appendBatchSize.record(256);
    metrics.logSignedHead.set(1_800_000_000, { log: 'agent' });
    metrics.relayRefills.add(1, { log: 'agent:EVT_AGENT' });
    metrics.consumerLag.set(7, { consumer: 'health_evt_agent' });
    metrics.parkedStreams.set(8, { consumer: 'health_evt_agent' });
    metrics.eventsCaughtUp.add(9, { consumer: 'health_evt_agent' });
    metrics.duplicatesDropped.add(10, { consumer: 'health_evt_agent' });
    metrics.slotsHeld.set(32);
    metrics.handlerDuration.record(0.004, { consumer: 'health_evt_agent' });

    const body = await (await scrape(telemetry)).text();

    for (const line of [
      'steward_relay_lag_events{log="agent"} 5',
      'steward_projection_lag_events{projection="decisions"} 6',
      'steward_events_ingested_total{outcome="accepted"} 1',
      'steward_dead_letters_total{consumer="agent_intake"} 1',
      'steward_backups_total{outcome="verified"} 1',
      'steward_alerts_firing{severity="critical"} 2',
      'steward_append_batch_size_bucket{le="256"} 1',
      'steward_log_signed_head_timestamp_seconds{log="agent"} 1800000000',
      'steward_relay_refills_total{log="agent:EVT_AGENT"} 1',
      'steward_consumer_lag_events{consumer="health_evt_agent"} 7',
      'steward_parked_streams{consumer="health_evt_agent"} 8',
      'steward_events_caught_up_total{consumer="health_evt_agent"} 9',
      'steward_duplicates_dropped_total{consumer="health_evt_agent"} 10',
      'steward_slots_held 32',
      'steward_handler_duration_seconds_bucket{consumer="health_evt_agent",le="0.005"} 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
  });
});

describe('The metrics server', () => {
  it('answers on /metrics alone, until shutdown', async () => {
    const telemetry = await start({ prometheusPort: 0 });

    expect((await scrape(telemetry, '/metrics?name[]=up')).status).toBe(200);
    expect((await scrape(telemetry, '/')).status).toBe(404);
    await Promise.all([telemetry.shutdown(), telemetry.shutdown()]);

    await expect(scrape(telemetry)).rejects.toThrow();
  });

  it('is off without a port', async () => {
    const telemetry = await start({});

    expect(telemetry.metricsPort).toBeUndefined();
    telemetry.metrics.dbConnections.set(1);
  });

  it('says clearly that its port is taken, and leaves nothing started', async () => {
    const occupant = await listen(createServer());

    const attempt = start({ prometheusPort: occupant.port });

    await expect(attempt).rejects.toThrow(MetricsPortUnavailable);
    await expect(attempt).rejects.toThrow(
      `Cannot serve metrics on 127.0.0.1:${occupant.port} (EADDRINUSE). Stop what listens there, or set PROMETHEUS_PORT to another port`,
    );
    await traced('work', {}, () => {
      expect(currentTraceparent()).toBeUndefined();
    });
  });
});

describe('Traces', () => {
  let collector: OtlpCollector;

  beforeEach(async () => {
    collector = await startOtlpCollector();
  });

  afterEach(async () => {
    await collector.close();
  });

  it('reach the collector by the end of shutdown, with service, kind and attributes', async () => {
    const telemetry = await start({ otlpEndpoint: `${collector.url}/` });

    await withSpan('send orders', { kind: 'producer', attributes: { 'messaging.batch.message_count': 3 } }, () =>
      traced('encode', {}, () => undefined),
    );
    await telemetry.shutdown();

    const [encode, send] = collector.spans();
    expect(send).toMatchObject({
      name: 'send orders',
      service: 'agent-service',
      kind: 'producer',
      parentSpanId: undefined,
      attributes: { 'messaging.batch.message_count': 3 },
      isError: false,
    });
    expect(encode).toMatchObject({ name: 'encode', traceId: send?.traceId, parentSpanId: send?.spanId });
  });

  it('exist without a collector, so that logs have ids', async () => {
    await start({});

    await traced('work', {}, () => {
      expect(currentTraceparent()).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    });
  });

  it('are left out at a ratio of 0, unless the caller outside wants them', async () => {
    const telemetry = await start({ otlpEndpoint: collector.url, sampleRatio: 0 });

    await traced('ours', {}, () => undefined);
    const wanted = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await withSpan('theirs', { parent: wanted }, () => undefined);
    await telemetry.shutdown();

    expect(collector.spans().map(({ name }) => name)).toEqual(['theirs']);
  });

  it('that cannot be delivered are named in the log, and shutdown ends all the same', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => lines.push(line) };
    const logger = createLogger({ service: 's', level: 'info', instanceId: 'i', destination });
    const refusing = await listen(createServer((_, response) => response.writeHead(403).end()));
    const telemetry = await start({ otlpEndpoint: `http://127.0.0.1:${refusing.port}`, logger });

    await traced('work', {}, () => undefined);
    await telemetry.shutdown();

    expect(JSON.parse(lines.join(''))).toMatchObject({
      level: 'warn',
      msg: 'Telemetry did not flush.',
      err: { message: 'Forbidden', code: 403 },
    });
  });
});
