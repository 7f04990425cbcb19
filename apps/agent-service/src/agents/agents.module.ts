import { Module } from '@nestjs/common';
import { anyAgent } from '#libs/agent-kit';
import { RUNTIME, type Runtime } from '#libs/service-kit';
import { accountingAgent } from '../accounting/accounting-agent.ts';
import { cashAdviser } from '../accounting/domain/cash-adviser.ts';
import type { AgentConfiguration } from '../config.ts';
import { inventoryAgent } from '../inventory/inventory-agent.ts';
import { hrAgent } from '../workforce/hr-agent.ts';
import { claudeDecisionMaker } from './adapters/claude-decision-maker.ts';
import { AgentLifecycles } from './agent-lifecycle.ts';
import { AgentWork } from './agent-work.ts';
import { AGENTS, DECISION_MAKER } from './agent-tokens.ts';
import { TurnAgentController } from './commands/turn-agent.controller.ts';
import { rulesOnly, type DecisionMaker } from './domain/decision-maker.ts';
import { AgentReportQuery } from './read-models/agents/agent-report.query.ts';
import { AgentsController } from './read-models/agents/agents.controller.ts';

function decisionMaker(runtime: Runtime<AgentConfiguration>): DecisionMaker {
  const { configuration, health, logger } = runtime;
  const { ANTHROPIC_API_KEY } = configuration;
  if (ANTHROPIC_API_KEY === undefined) {
    logger.info({}, 'ANTHROPIC_API_KEY is not set: decisions are made by rules');
    return rulesOnly;
  }
  const claude = claudeDecisionMaker({ ...configuration, ANTHROPIC_API_KEY }, runtime);
  health.register({ name: 'claude_api', required: false, check: () => Promise.resolve(claude.health()) });
  // Beside the start: a Claude that is away must not hold the service up.
  void claude.checkModel();
  return claude;
}

/** The agents and what runs them. A new agent is one more line in `AGENTS`. */
@Module({
  controllers: [AgentsController, TurnAgentController],
  providers: [
    AgentLifecycles,
    AgentReportQuery,
    AgentWork,
    {
      provide: AGENTS,
      useValue: [anyAgent(accountingAgent), anyAgent(inventoryAgent(cashAdviser)), anyAgent(hrAgent)],
    },
    { provide: DECISION_MAKER, inject: [RUNTIME], useFactory: decisionMaker },
  ],
})
export class AgentsModule {}
