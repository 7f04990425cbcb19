import { agentId } from '#libs/kernel';
import type { Database } from '#libs/event-store';
import type { AgentDefinition } from '../domain/agent-definition.ts';
import { reorderPrompt } from '../domain/inventory/reorder-prompt.ts';
import { decideReorderByRules, detectReorder, type StockFacts } from '../domain/inventory/reorder.ts';
import { stockSubjectsSince } from './stock-facts.query.ts';

/** Looks after what is in stock. */
export function inventoryAgent(database: Database): AgentDefinition<StockFacts> {
  const id = agentId('inventory_agent');
  return {
    id,
    name: 'Inventory agent',
    subjectsSince: (since, limit) => stockSubjectsSince(database, id, since, limit),
    detect: (facts) => detectReorder(facts),
    rules: (finding) => decideReorderByRules(finding),
    prompt: reorderPrompt,
  };
}
