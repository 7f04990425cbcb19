import { PostgresEventStore } from '#libs/event-store';
import { connectBus, provisionStreams, type UnsupportedFeature } from '#libs/messaging';
import { reportError } from '#libs/observability';
import { HealthRegistry } from '../health/health-registry.ts';
import { systemClock, systemIds } from '../http/request-ids.ts';
import { provisioningLog } from './provisioning-log.ts';
import { NatsHealth, streamLimits } from './nats-health.ts';
import { openDatabase, type OpenDatabaseOptions } from './open-database.ts';
import { readableLog } from './readable-log.ts';
import type { Runtime } from './runtime.module.ts';

/** Connects to Postgres and NATS, brings both up to date, and adds their ends to the shutdown. */
export async function openRuntime(options: OpenDatabaseOptions): Promise<Runtime> {
  const { configuration, logger, telemetry, sequence } = options;
  const runtime = { ...options, clock: systemClock, ids: systemIds, metrics: telemetry.metrics };
  const { database, dataSource } = await openDatabase(options);
  const store = new PostgresEventStore({
    database,
    ids: systemIds,
    clock: systemClock,
    onBatch: (appends, waiting) => {
      telemetry.metrics.appendBatchSize.record(appends);
      telemetry.metrics.appendsWaiting.set(waiting);
    },
    onListenerError: (error) => {
      logger.error({ err: error }, 'a commit could not be announced; followers find it when they poll');
      reportError(error, { component: 'event-store' });
    },
  });
  sequence.add({ phase: 'finish', name: 'append queue', run: () => store.close() });
  const log = await readableLog(options, { database, store });
  const { bus, unsupported } = await openBus(options);
  const health = new HealthRegistry({ clock: systemClock });
  health.register({
    name: 'database',
    required: true,
    check: async () => {
      const startedAt = performance.now();
      await database.query('select 1');
      return { status: 'healthy', latencyMs: Math.round(performance.now() - startedAt) };
    },
  });
  const natsHealth = new NatsHealth({
    bus,
    clock: systemClock,
    limits: streamLimits(configuration),
    monitoringUrl: configuration.NATS_MONITORING_URL,
    unsupported,
  });
  health.register(natsHealth);
  const durability = await natsHealth.look();
  logger.info({ nats: bus.serverVersion, durability, schema: configuration.DATABASE_SCHEMA }, 'connected');
  return { ...runtime, database, dataSource, ...log, bus, health };
}

type OpenBus = Readonly<{ bus: Runtime['bus']; unsupported: readonly UnsupportedFeature[] }>;

async function openBus({ name, configuration, logger, sequence }: OpenDatabaseOptions): Promise<OpenBus> {
  const bus = await connectBus({
    url: configuration.NATS_URL,
    name: `${name}-service ${configuration.INSTANCE_ID}`,
    user: configuration.NATS_USER,
    password: configuration.NATS_PASSWORD,
    credentials: configuration.NATS_CREDS,
    onStatus: ({ type, detail }) => {
      logger.warn({ type, detail }, `nats: ${type}`);
    },
  });
  sequence.add({ phase: 'release', name: 'nats', run: () => bus.close() });
  const unsupported = await provisionStreams(bus, streamLimits(configuration), provisioningLog(logger));
  return { bus, unsupported };
}
