import { Module } from '@nestjs/common';
import { EventTypes } from '#libs/event-store';
import { eventOutlet } from '#libs/messaging';
import type { ServiceParts } from '#libs/service-kit';
import { Decisions2026112200011 } from '../migrations/0002-decisions.ts';
import { Stock2026112200010 } from '../migrations/0001-stock.ts';
import { agentLifecycleCodec } from './agents/adapters/agent-lifecycle.codec.ts';
import { AgentWork } from './agents/agent-work.ts';
import { AgentsModule } from './agents/agents.module.ts';
import { AGENT_EVENT_TYPES } from './agents/finding-events.ts';
import { agentPublication } from './agents/publications/agent.publications.ts';
import { AgentEntity } from './agents/read-models/agents/agent.entity.ts';
import { agentProjection } from './agents/read-models/agents/agent.projection.ts';
import { findingProjection } from './agents/read-models/findings/finding.projection.ts';
import { DecisionsModule } from './decisions/decisions.module.ts';
import { DecisionEntity } from './decisions/read-models/decisions/decision.entity.ts';
import { decisionProjection } from './decisions/read-models/decisions/decision.projection.ts';
import { IngestionModule } from './ingestion/ingestion.module.ts';
import { BUSINESS_EVENT_TYPES } from './log-events.ts';
import { StockConsumptionEntity, StockLevelEntity } from './stock/read-models/stock-levels/stock-level.entity.ts';
import { stockProjections } from './stock/read-models/stock-levels/stock-level.projection.ts';
import { StockModule } from './stock/stock.module.ts';

@Module({ imports: [IngestionModule, StockModule, AgentsModule, DecisionsModule] })
class AgentServiceModule {}

/** What agent-service is made of. */
export const agentService: ServiceParts = {
  module: AgentServiceModule,
  migrations: [Stock2026112200010, Decisions2026112200011],
  eventTypes: new EventTypes([...BUSINESS_EVENT_TYPES, ...AGENT_EVENT_TYPES, ...agentLifecycleCodec.types]),
  entities: [StockLevelEntity, StockConsumptionEntity, AgentEntity, DecisionEntity],
  projections: [...stockProjections, findingProjection, agentProjection, decisionProjection],
  outlets: [eventOutlet('agent', 'EVT_AGENT', agentPublication)],
  background: [AgentWork],
  follows: [],
};
