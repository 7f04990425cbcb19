import { Module } from '@nestjs/common';
import { eventOutlet } from '#libs/messaging';
import type { ServiceParts } from '#libs/service-kit';
import { Agents2026112300010 } from '../migrations/0010-agents.ts';
import { Decisions2026112200011 } from '../migrations/0002-decisions.ts';
import { Stock2026112200010 } from '../migrations/0001-stock.ts';
import { Ledger2026112300003 } from '../migrations/0003-ledger.ts';
import { LotsAndPurchasing2026112300004 } from '../migrations/0004-lots-and-purchasing.ts';
import { Workforce2026112300005 } from '../migrations/0005-workforce.ts';
import { DecisionFilters2026112300006 } from '../migrations/0006-decision-filters.ts';
import { AccountingModule } from './accounting/accounting.module.ts';
import { agentEventTypes, agentProjections } from './agent-log.ts';
import { AgentWork } from './agents/agent-work.ts';
import { AgentsModule } from './agents/agents.module.ts';
import { agentPublication } from './agents/publications/agent.publications.ts';
import { AgentEntity } from './agents/read-models/agents/agent.entity.ts';
import { BusinessTimeModule } from './business-time/business-time.module.ts';
import { DecisionsModule } from './decisions/decisions.module.ts';
import { DecisionEntity } from './decisions/read-models/decisions/decision.entity.ts';
import { ForecastsModule } from './forecasts/forecasts.module.ts';
import { IngestionModule } from './ingestion/ingestion.module.ts';
import { InventoryModule } from './inventory/inventory.module.ts';
import { StockConsumptionEntity, StockLevelEntity } from './inventory/read-models/stock-levels/stock-level.entity.ts';
import { SettingsModule } from './settings/settings.module.ts';
import { SettingsWork } from './settings/settings-work.ts';
import { WorkforceModule } from './workforce/workforce.module.ts';

@Module({
  imports: [
    IngestionModule,
    BusinessTimeModule,
    AccountingModule,
    InventoryModule,
    WorkforceModule,
    ForecastsModule,
    AgentsModule,
    DecisionsModule,
    SettingsModule,
  ],
})
class AgentServiceModule {}

/** What agent-service is made of. */
export const agentService: ServiceParts = {
  module: AgentServiceModule,
  migrations: [
    Stock2026112200010,
    Decisions2026112200011,
    Ledger2026112300003,
    LotsAndPurchasing2026112300004,
    Workforce2026112300005,
    DecisionFilters2026112300006,
    Agents2026112300010,
  ],
  eventTypes: agentEventTypes,
  entities: [StockLevelEntity, StockConsumptionEntity, AgentEntity, DecisionEntity],
  projections: agentProjections,
  outlets: [eventOutlet('agent', 'EVT_AGENT', agentPublication)],
  background: [SettingsWork, AgentWork],
  follows: [],
};
