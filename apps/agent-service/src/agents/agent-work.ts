import { Inject, Injectable } from '@nestjs/common';
import { RUNTIME, type BackgroundWork, type Runtime } from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { AgentLifecycles } from './agent-lifecycle.ts';
import { AgentRunner } from './agent-runner.ts';
import { AGENTS, DECISION_MAKER } from './agent-tokens.ts';
import type { AnyAgent } from '#libs/agent-kit';
import type { DecisionMaker } from './domain/decision-maker.ts';
type Running = Readonly<{ start: () => void; stop: () => Promise<void> }>;

/** Runs all agents of the service. */
@Injectable()
export class AgentWork implements BackgroundWork {
  readonly name = 'agents';
  private readonly runners: readonly Running[];

  constructor(
    @Inject(AGENTS) agents: readonly AnyAgent[],
    @Inject(DECISION_MAKER) maker: DecisionMaker,
    @Inject(AgentLifecycles) lifecycles: AgentLifecycles,
    @Inject(RUNTIME) runtime: Runtime<AgentConfiguration>,
  ) {
    this.runners = agents.map((any) =>
      any.use((agent): Running => new AgentRunner(agent, { ...runtime, maker, lifecycles })),
    );
  }

  start(): void {
    for (const runner of this.runners) runner.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }
}
