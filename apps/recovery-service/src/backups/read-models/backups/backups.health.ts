import { Inject, Injectable } from '@nestjs/common';
import { HEALTH, type ComponentHealth, type HealthRegistry } from '#libs/service-kit';
import { BackupsQuery } from './backups.query.ts';

/** Degraded from a backup that failed until the next one that was proven. */
@Injectable()
export class BackupsHealth {
  constructor(
    @Inject(HEALTH) health: HealthRegistry,
    @Inject(BackupsQuery) private readonly backups: BackupsQuery,
  ) {
    // Not in a hook of Nest: it calls those a second time for the deferred microservice.
    health.register({ name: 'backups', required: false, check: () => this.check() });
  }

  /** No reason is shown: everyone can read this page. */
  async check(): Promise<ComponentHealth> {
    const latest = await this.backups.latestFinished();
    if (!latest) return { status: 'healthy', latest: 'none yet' };
    const { backupId, status, verifiedAt, failedAt, failedPhase } = latest;
    if (status === 'verified') return { status: 'healthy', backupId, verifiedAt };
    return { status: 'degraded', backupId, failedAt, failedPhase };
  }
}
