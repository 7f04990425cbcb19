import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { IdSource } from '#libs/kernel';
import { reportError } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import type { HealthRegistry } from '../health/health-registry.ts';
import { openApiDocument } from '../openapi/openapi-document.ts';
import type { ServiceDescription } from '../openapi/openapi-document.ts';
import type { ErrorReporter, Logger, RequestMetrics } from '../ports.ts';
import { ProblemFilter } from '../problems/problem.filter.ts';
import { LogPositionInterceptor } from '../reads/log-position.interceptor.ts';
import type { PositionGate } from '../reads/position-gate.ts';
import { Authenticator } from '../security/authenticator.ts';
import { RoleGuard } from '../security/role.guard.ts';
import { readJsonOnly } from './body-parsers.ts';
import { closeConnectionsWhenStopping, openContexts, recordRequests, refuseEarly } from './edge-hooks.ts';
import { HttpModule } from './http-module.ts';
import { NestLog } from './nest-log.ts';
import { limitRates } from './rate-limit.ts';
import { answerRawClient, answerRouterError } from './raw-answers.ts';
import { systemIds } from './request-ids.ts';
import { SchemaValidationPipe } from './schema-validation.pipe.ts';

/** What the edge reads of the configuration. */
export type HttpConfiguration = Pick<
  BaseConfiguration,
  | 'AUTHENTICATION'
  | 'API_KEYS'
  | 'DEFAULT_TENANT'
  | 'BODY_LIMIT_BYTES'
  | 'BATCH_BODY_LIMIT_BYTES'
  | 'RATE_LIMIT_PER_MINUTE'
>;

export type HttpApplicationOptions = Readonly<{
  configuration: HttpConfiguration;
  logger: Logger;
  health: HealthRegistry;
  description: ServiceDescription;
  metrics?: RequestMetrics;
  /** Default: `reportError` of observability. */
  reporter?: ErrorReporter;
  /** Default: UUIDv7 of the machine's clock. */
  ids?: IdSource;
  /** Served at `/asyncapi.json`. */
  asyncapi?: object;
  /** Served at `/schemas/<type>/<version>.json`; keys are `<type>/<version>`. */
  schemas?: Readonly<Record<string, object>>;
  /** Of the service's log: answers then say how far it had come, and reads wait for it. Absent: no log. */
  positions?: PositionGate;
}>;

/** How long a client may take to send one whole request. */
const REQUEST_TIMEOUT_MS = 30_000;
const REPORT_ERROR: ErrorReporter = {
  report: (error, component) => {
    reportError(error, { component });
  },
};
/** A stream id has up to 200 characters, and percent-encoding triples them. */
const LONGEST_PATH_PARAMETER = 600;

/**
 * A service's HTTP side: Nest on Fastify with the edge every service shares, not yet listening.
 *
 * Guarantees for every request: a correlation id and a trace id in context, log and answer; a valid key unless the operation
 * is `@Public()`, checked before the body is read; bounded size, rate and time; inputs that match their schemas; and
 * RFC 9457 for every refusal. `close()` lets requests in flight finish and takes no new ones.
 */
export async function createHttpApplication(
  service: Type | DynamicModule,
  options: HttpApplicationOptions,
): Promise<NestFastifyApplication> {
  const { configuration, logger, health, description, positions, reporter = REPORT_ERROR } = options;
  const adapter = new FastifyAdapter({
    bodyLimit: configuration.BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    return503OnClosing: false, // its answer is no problem document; `refuseEarly` gives ours
    routerOptions: { maxParamLength: LONGEST_PATH_PARAMETER },
    frameworkErrors: answerRouterError,
    clientErrorHandler: answerRawClient,
  });
  await buildEdge(adapter, options);

  const documents = {
    openapi: once(() => openApiDocument(application, { ...description, hasLog: positions !== undefined })),
    asyncapi: () => options.asyncapi,
    schema: (type: string, version: string) => options.schemas?.[`${type}/${version}`],
  };
  const nest: Pick<NestApplicationOptions, 'bodyParser' | 'abortOnError' | 'logger'> = {
    bodyParser: false,
    abortOnError: false,
    logger: new NestLog(logger),
  };
  const application: NestFastifyApplication = await NestFactory.create<NestFastifyApplication>(
    HttpModule.around(service, { health, documents }),
    adapter,
    nest,
  );
  application.useGlobalPipes(new SchemaValidationPipe());
  application.useGlobalFilters(new ProblemFilter({ logger, reporter }));
  const reflector = application.get(Reflector);
  application.useGlobalGuards(new RoleGuard(reflector));
  if (positions) application.useGlobalInterceptors(new LogPositionInterceptor(positions, reflector));
  return application;
}

/** The order is the meaning: who asks is known before requests are counted, and they are counted before any is refused. */
async function buildEdge(adapter: FastifyAdapter, options: HttpApplicationOptions): Promise<void> {
  const { configuration, health } = options;
  const instance = adapter.getInstance();
  const ports = {
    ...options,
    ids: options.ids ?? systemIds,
    authenticator: new Authenticator(configuration),
    isStopping: () => health.isStopping,
  };
  readJsonOnly(instance, {
    bodyBytes: configuration.BODY_LIMIT_BYTES,
    batchBytes: configuration.BATCH_BODY_LIMIT_BYTES,
  });
  openContexts(instance, ports);
  recordRequests(instance, ports);
  closeConnectionsWhenStopping(instance, ports);
  await limitRates(instance, configuration.RATE_LIMIT_PER_MINUTE);
  refuseEarly(instance);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}
