import { Inject, Injectable } from '@nestjs/common';
import type { Clock, IdSource } from '#libs/kernel';
import type { Database, EventStore } from '#libs/event-store';
import type { Bus } from '#libs/messaging';
import type { Metrics } from '#libs/observability';
import {
  BUS,
  CLOCK,
  CONFIGURATION,
  DATABASE,
  EVENT_STORE,
  IDS,
  LOGGER,
  METRICS,
  type BackgroundWork,
  type Logger,
} from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { AgentLifecycles } from './agent-lifecycle.ts';
import { AgentRunner } from './agent-runner.ts';
import { AGENTS, DECISION_MAKER } from './agent-tokens.ts';
import type { AgentDefinition } from './domain/agent-definition.ts';
import type { DecisionMaker } from './domain/decision-maker.ts';

/** Runs all agents of the service. */
@Injectable()
export class AgentWork implements BackgroundWork {
  readonly name = 'agents';
  private readonly runners: readonly AgentRunner<object>[];

  constructor(
    @Inject(AGENTS) agents: readonly AgentDefinition<object>[],
    @Inject(DECISION_MAKER) maker: DecisionMaker,
    @Inject(AgentLifecycles) lifecycles: AgentLifecycles,
    @Inject(CONFIGURATION) configuration: AgentConfiguration,
    @Inject(DATABASE) database: Database,
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(BUS) bus: Bus,
    @Inject(CLOCK) clock: Clock,
    @Inject(IDS) ids: IdSource,
    @Inject(LOGGER) logger: Logger,
    @Inject(METRICS) metrics: Metrics,
  ) {
    const tools = { maker, lifecycles, configuration, database, store, bus, clock, ids, logger, metrics };
    this.runners = agents.map((agent) => new AgentRunner(agent, tools));
  }

  start(): void {
    for (const runner of this.runners) runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }
}
