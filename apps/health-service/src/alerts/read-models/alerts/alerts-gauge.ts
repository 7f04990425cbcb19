import { Inject, Injectable } from '@nestjs/common';
import { SECOND_MS } from '#libs/kernel';
import type { Metrics } from '#libs/observability';
import { LOGGER, METRICS, PeriodicWork, type BackgroundWork, type Logger } from '#libs/service-kit';
import { AlertsQuery } from './alerts.query.ts';

const INTERVAL_MS = 2 * SECOND_MS;

/** Keeps the gauge of open alerts; each replica shows the whole number, so dashboards take the maximum. */
@Injectable()
export class AlertsGauge implements BackgroundWork {
  readonly name = 'gauge of alerts';
  private readonly turns: PeriodicWork;

  constructor(alerts: AlertsQuery, @Inject(METRICS) metrics: Metrics, @Inject(LOGGER) logger: Logger) {
    this.turns = new PeriodicWork({
      name: this.name,
      everyMs: INTERVAL_MS,
      work: async () => {
        for (const [severity, count] of Object.entries(await alerts.countOpen())) {
          metrics.alertsFiring.set(count, { severity });
        }
      },
      onFailure: (error) => {
        logger.warn({ err: error }, 'the open alerts could not be counted; the gauge keeps its last value');
      },
    });
  }

  start(): void {
    this.turns.start();
  }

  stop(): Promise<void> {
    return this.turns.stop();
  }
}
