import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { asyncApiDocument, EVENT_CONTRACTS, jsonSchemaOf } from '#libs/contracts';
import { readLogProgress } from '#libs/event-store';
import { ensureStream } from '#libs/messaging';
import type { Telemetry } from '#libs/observability';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import { createHttpApplication } from '../http/create-http-application.ts';
import type { Logger } from '../ports.ts';
import { notingPositions } from '../reads/log-trail.ts';
import { PositionGate } from '../reads/position-gate.ts';
import type { ShutdownSequence } from '../shutdown/shutdown-sequence.ts';
import { StewardTransport } from '../transport/steward-transport.ts';
import { logUpkeep } from './log-upkeep.ts';
import { logSigning } from './log-signing.ts';
import { streamLimits } from './nats-health.ts';
import { openLeaseDatabase } from './open-database.ts';
import { openRuntime } from './open-runtime.ts';
import { provisioningLog } from './provisioning-log.ts';
import { ServiceRoot, type Runtime } from './runtime.module.ts';
import type { BackgroundWork, ServiceDefinition, ServiceParts } from './service-definition.ts';
import { serviceHeartbeat } from './service-heartbeat.ts';
import { consumersHealth, measureConsumer } from './consumers-health.ts';
import { startFollowers } from './start-followers.ts';

export type ComposeOptions = Readonly<{
  definition: ServiceDefinition;
  version: string;
  configuration: BaseConfiguration;
  parts: ServiceParts;
  logger: Logger;
  telemetry: Telemetry;
  sequence: ShutdownSequence;
}>;

/**
 * Puts a service together and starts it: what it stands on, then what follows its log, then what takes
 * work from outside. The shutdown takes it apart in the other order.
 */
export async function composeService(options: ComposeOptions): Promise<void> {
  const { definition, configuration, parts, logger, sequence } = options;
  const { name } = definition;
  const opened = await openRuntime({ ...options, name });
  const runtime = { ...opened, store: notingPositions(opened.store) };
  const positions = positionGate(parts, runtime);
  const application = await createApplication(options, { runtime, positions });
  const transport = connectTransport(options, application, { runtime, positions });
  sequence.add({
    phase: 'stop-taking-work',
    name: 'health',
    run: () => {
      runtime.health.beginShutdown();
    },
  });
  const upkeep = logUpkeep(runtime);
  sequence.add({ phase: 'finish', name: upkeep.name, run: () => upkeep.stop() });
  const heartbeat = serviceHeartbeat(name, runtime);
  sequence.add({ phase: 'stop-taking-work', name: heartbeat.name, run: () => heartbeat.stop() });
  sequence.add({ phase: 'stop-taking-work', name: 'http', run: () => application.close() });
  sequence.add({ phase: 'stop-taking-work', name: 'consumers', run: () => transport.close() });
  await application.init();
  await startFollowers({ name, parts, application, runtime, sequence, positions });
  await startBackground([logSigning(name, runtime), ...backgroundOf(parts, application)], sequence);
  upkeep.start();
  await application.startAllMicroservices();
  await application.listen(configuration.PORT, configuration.HOST);
  heartbeat.start();
  logger.info({ url: await application.getUrl() }, `${name}-service is ready`);
}

/** A query may read any of the service's read models, so it waits for all of them. */
function positionGate({ projections }: ServiceParts, { database, clock, configuration }: Runtime): PositionGate {
  return new PositionGate({
    look: () => readLogProgress(database, projections),
    clock,
    waitMs: configuration.READ_WAIT_MS,
  });
}

type Foundation = Readonly<{ runtime: Runtime; positions: PositionGate }>;

function createApplication(
  options: ComposeOptions,
  { runtime, positions }: Foundation,
): Promise<NestFastifyApplication> {
  const { definition, version, configuration, parts, logger, telemetry } = options;
  const { name, description } = definition;
  return createHttpApplication(ServiceRoot.of(parts.module, runtime), {
    configuration,
    logger,
    health: runtime.health,
    description: { title: `Steward ${name}-service`, version, description },
    metrics: telemetry.metrics,
    positions,
    asyncapi: asyncApiDocument({ service: name, version, follows: parts.follows }),
    schemas: Object.fromEntries(
      EVENT_CONTRACTS.map((contract) => [`${contract.type}/${contract.version}`, jsonSchemaOf(contract)]),
    ),
  });
}

function connectTransport(
  { definition, sequence }: ComposeOptions,
  application: NestFastifyApplication,
  { runtime, positions }: Foundation,
): StewardTransport {
  const { bus, database, store, ids, logger, metrics, health, configuration } = runtime;
  const { name } = definition;
  const transport = new StewardTransport({
    service: name,
    instanceId: configuration.INSTANCE_ID,
    bus,
    database,
    store,
    ids,
    logger,
    positions,
    concurrency: configuration.CONSUMER_CONCURRENCY,
    ensureStream: (stream) => ensureStream(bus, stream, streamLimits(configuration), provisioningLog(logger)),
    leaseDatabase: openLeaseDatabase({ name, configuration, logger, sequence }),
    onDeadLetter: (consumer) => {
      metrics.deadLetters.add(1, { consumer });
    },
    onProgress: (consumer, progress) => {
      measureConsumer(metrics, consumer, progress);
    },
    onSlots: (held) => {
      metrics.slotsHeld.set(held);
    },
  });
  // Messages pass the same schema validation as requests; the filter hands their errors on as they are.
  application.connectMicroservice({ strategy: transport }, { inheritAppConfig: true });
  health.register(consumersHealth(transport));
  return transport;
}

function backgroundOf(parts: ServiceParts, application: NestFastifyApplication): readonly BackgroundWork[] {
  return (parts.background ?? []).map((type) => application.get<BackgroundWork>(type, { strict: false }));
}

async function startBackground(all: readonly BackgroundWork[], sequence: ShutdownSequence): Promise<void> {
  for (const work of all) {
    sequence.add({ phase: 'finish', name: work.name, run: () => work.stop() });
    await work.start();
  }
}
