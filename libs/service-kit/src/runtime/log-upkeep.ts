import { keepUpLog } from '#libs/event-store';
import { DAY_MS, MINUTE_MS } from '#libs/kernel';
import { reportError } from '#libs/observability';
import { PeriodicWork } from './periodic-work.ts';
import type { Runtime } from './runtime.module.ts';

type Needs = Pick<Runtime, 'clock' | 'configuration' | 'database' | 'logger' | 'metrics'>;

/** Makes room in the service's log ahead of need, and forgets idempotency keys that are older than they are kept. */
export function logUpkeep({ clock, configuration, database, logger, metrics }: Needs): PeriodicWork {
  const keptMs = configuration.IDEMPOTENCY_KEY_RETENTION_DAYS * DAY_MS;
  return new PeriodicWork({
    name: 'log upkeep',
    everyMs: MINUTE_MS,
    work: async () => {
      const done = await keepUpLog(database, new Date(clock.now().getTime() - keptMs));
      if (done.partitionsMade > 0) logger.info(done, 'the log has room for more events');
    },
    onFailure: (error) => {
      metrics.backgroundFailures.add(1, { work: 'log-upkeep' });
      logger.error({ err: error }, 'the log could not be kept up; it is tried again in a minute');
      reportError(error, { component: 'log-upkeep' });
    },
  });
}
