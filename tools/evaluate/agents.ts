import { anyAgent, type AnyAgent } from '#libs/agent-kit';
import { accountingAgent } from '../../apps/agent-service/src/accounting/accounting-agent.ts';
import { cashAdviser } from '../../apps/agent-service/src/accounting/domain/cash-adviser.ts';
import { inventoryAgent } from '../../apps/agent-service/src/inventory/inventory-agent.ts';
import { hrAgent } from '../../apps/agent-service/src/workforce/hr-agent.ts';

/** The agents of the agent-service, as it runs them. */
export const AGENTS: readonly AnyAgent[] = [
  anyAgent(accountingAgent),
  anyAgent(inventoryAgent(cashAdviser)),
  anyAgent(hrAgent),
];
