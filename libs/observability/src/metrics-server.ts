import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { DomainError } from '#libs/kernel';

/** Nobody can scrape: something else listens on the port, or the port may not be opened. */
export class MetricsPortUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'telemetry/metrics-port-unavailable';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const reason = cause.code ?? cause.message;
    super(
      `Cannot serve metrics on ${host}:${port} (${reason}). Stop what listens there, or set PROMETHEUS_PORT to another port (0 takes any free one).`,
      { cause },
    );
  }
}

export interface MetricsServer {
  /** The port it really listens on. */
  readonly port: number;
  readonly reader: PrometheusExporter;
  close(): Promise<void>;
}

/**
 * Serves `GET /metrics` in the Prometheus text format, without scope and target labels: series are exactly the names
 * and labels of `telemetry-names.ts`. It does not keep the process alive.
 *
 * @throws MetricsPortUnavailable
 */
export async function startMetricsServer(host: string, port: number): Promise<MetricsServer> {
  const reader = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, withoutTargetInfo: true });
  const server = createServer((request, response) => {
    if (request.url?.split('?', 1)[0] === '/metrics') reader.getMetricsRequestHandler(request, response);
    else response.writeHead(404).end();
  });
  server.unref();
  const listeningPort = await listen(server, host, port);
  return { port: listeningPort, reader, close: () => closeServer(server) };
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new MetricsPortUnavailable(host, port, cause));
    });
    server.listen({ host, port }, resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    // A scraper's idle keep-alive connection must not hold the shutdown.
    server.closeAllConnections();
  });
}
