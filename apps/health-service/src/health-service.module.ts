import { Module } from '@nestjs/common';
import { EventTypes, projectRows } from '#libs/event-store';
import { eventOutlet, type Publication } from '#libs/messaging';
import type { ServiceParts } from '#libs/service-kit';
import { HealthTables2026112200101 } from '../migrations/0001-health-tables.ts';
import { alertCodec } from './alerts/adapters/alert.codec.ts';
import { AcknowledgeAlertController } from './alerts/commands/acknowledge-alert.controller.ts';
import { AlertCommands } from './alerts/commands/alert-commands.ts';
import { alertsOutlet, publishAlerts } from './alerts/publications/alert.publications.ts';
import { RaiseAlerts } from './alerts/reactions/raise-alerts.reaction.ts';
import { AlertRecord } from './alerts/read-models/alerts/alert.entity.ts';
import { alertProjection } from './alerts/read-models/alerts/alert.projection.ts';
import { AlertsController } from './alerts/read-models/alerts/alerts.controller.ts';
import { AlertsGauge } from './alerts/read-models/alerts/alerts-gauge.ts';
import { AlertsQuery } from './alerts/read-models/alerts/alerts.query.ts';
import { componentHealthCodec } from './component-health/adapters/component-health.codec.ts';
import { HeartbeatBoard } from './component-health/adapters/heartbeat-board.ts';
import { ComponentHealthCommands } from './component-health/commands/component-health-commands.ts';
import { publishComponentHealth } from './component-health/publications/component-health.publications.ts';
import { AgentEventsReaction } from './component-health/reactions/agent-events.reaction.ts';
import { HeartbeatsReaction } from './component-health/reactions/heartbeats.reaction.ts';
import { SilenceWatch } from './component-health/reactions/silence-watch.ts';
import { HealthState } from './component-health/read-models/health-states/health-state.entity.ts';
import { healthStateProjection } from './component-health/read-models/health-states/health-state.projection.ts';
import { HealthStatesController } from './component-health/read-models/health-states/health-states.controller.ts';
import { HealthStatesQuery } from './component-health/read-models/health-states/health-states.query.ts';
import { LastHeartbeat } from './component-health/read-models/health-states/last-heartbeat.entity.ts';

@Module({
  controllers: [
    HeartbeatsReaction,
    AgentEventsReaction,
    HealthStatesController,
    AlertsController,
    AcknowledgeAlertController,
  ],
  providers: [
    ComponentHealthCommands,
    HeartbeatBoard,
    SilenceWatch,
    HealthStatesQuery,
    AlertCommands,
    RaiseAlerts,
    AlertsQuery,
    AlertsGauge,
  ],
})
export class HealthServiceModule {}

const publish: Publication = (event) => publishComponentHealth(event) ?? publishAlerts(event);

/** What health-service is made of. */
export const healthService: ServiceParts = {
  module: HealthServiceModule,
  migrations: [HealthTables2026112200101],
  eventTypes: new EventTypes([...componentHealthCodec.types, ...alertCodec.types]),
  entities: [HealthState, LastHeartbeat, AlertRecord],
  projections: [projectRows(healthStateProjection), projectRows(alertProjection)],
  reactions: [RaiseAlerts],
  outlets: [eventOutlet('health', 'EVT_HEALTH', publish), alertsOutlet],
  background: [SilenceWatch, AlertsGauge],
  follows: ['agent'],
};
