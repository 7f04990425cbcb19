import { EventTypes, type TableSubscriber } from '#libs/event-store';
import { ledgerProjections } from './accounting/read-models/ledger/ledger-entry.projection.ts';
import { obligationProjection } from './accounting/read-models/obligations/obligation.projection.ts';
import { agentLifecycleCodec } from './agents/adapters/agent-lifecycle.codec.ts';
import { AGENT_EVENT_TYPES } from './agents/finding-events.ts';
import { agentDayProjection } from './agents/read-models/agents/agent-day.projection.ts';
import { agentProjection } from './agents/read-models/agents/agent.projection.ts';
import { situationProjection } from './agents/read-models/situations/situation.projection.ts';
import { businessTimeProjection } from './business-time/read-models/business-times/business-time.projection.ts';
import { OUTCOME_EVENT_TYPES } from './decisions/outcome-events.ts';
import { decisionProjection } from './decisions/read-models/decisions/decision.projection.ts';
import { purchasingProjections } from './inventory/read-models/purchasing/purchasing.projection.ts';
import { stockProjections } from './inventory/read-models/stock-levels/stock-level.projection.ts';
import { BUSINESS_EVENT_TYPES } from './log-events.ts';
import { SETTINGS_EVENT_TYPES } from './settings-events.ts';
import { workforceProjections } from './workforce/read-models/workforce/workforce.projection.ts';

/** What this service can read from its log. */
export const agentEventTypes = new EventTypes([
  ...BUSINESS_EVENT_TYPES,
  ...AGENT_EVENT_TYPES,
  ...OUTCOME_EVENT_TYPES,
  ...SETTINGS_EVENT_TYPES,
  ...agentLifecycleCodec.types,
]);

/** The read models that follow it; tools rebuild them without the service's module, which only a build can load. */
export const agentProjections: readonly TableSubscriber[] = [
  ...stockProjections,
  ...purchasingProjections,
  ...ledgerProjections,
  obligationProjection,
  ...workforceProjections,
  situationProjection,
  agentProjection,
  agentDayProjection,
  decisionProjection,
  businessTimeProjection,
];
