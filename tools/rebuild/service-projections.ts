import { agentEventTypes, agentProjections } from '../../apps/agent-service/src/agent-log.ts';
import { alertCodec } from '../../apps/health-service/src/alerts/adapters/alert.codec.ts';
import { alertProjection } from '../../apps/health-service/src/alerts/read-models/alerts/alert.projection.ts';
import { componentHealthCodec } from '../../apps/health-service/src/component-health/adapters/component-health.codec.ts';
import { healthStateProjection } from '../../apps/health-service/src/component-health/read-models/health-states/health-state.projection.ts';
import { taskEventCodec } from '../../apps/maintenance-service/src/tasks/adapters/task-event.codec.ts';
import { taskRunProjection } from '../../apps/maintenance-service/src/tasks/read-models/task-runs/task-run.projection.ts';
import { backupCodec } from '../../apps/recovery-service/src/backups/adapters/backup-codec.ts';
import { backupsProjection } from '../../apps/recovery-service/src/backups/read-models/backups/backups.projection.ts';
import { EventTypes, projectRows, type ProjectedTable, type TableSubscriber } from '#libs/event-store';
import type { ServiceName } from '../migrate/service-migrations.ts';

type ProjectionsOfService = Readonly<{ eventTypes: EventTypes; projections: readonly TableSubscriber[] }>;

/**
 * What each service folds and can read, without its module, which only a build can load. A spec compares the two, so
 * that a new projection is not forgotten here.
 */
export const PROJECTIONS: Readonly<Record<ServiceName, ProjectionsOfService>> = {
  agent: { eventTypes: agentEventTypes, projections: agentProjections },
  health: {
    eventTypes: new EventTypes([...componentHealthCodec.types, ...alertCodec.types]),
    projections: [projectRows(healthStateProjection), projectRows(alertProjection)],
  },
  maintenance: { eventTypes: new EventTypes(taskEventCodec.types), projections: [projectRows(taskRunProjection)] },
  recovery: { eventTypes: new EventTypes(backupCodec.types), projections: [projectRows(backupsProjection)] },
};

/** By its whole name, `agent.stock-levels`, or without the service's. */
export function projectionOf(service: ServiceName, name: string): ProjectedTable | undefined {
  return tablesOf(service).find((table) => table.name === name || table.name === `${service}.${name}`);
}

export function tablesOf(service: ServiceName): readonly ProjectedTable[] {
  return PROJECTIONS[service].projections.map(({ table }) => table);
}
