import { Inject, Injectable } from '@nestjs/common';
import { streamId, tenantId } from '#libs/kernel';
import { CommandHandler, type CommandTarget } from '#libs/event-store';
import { eventMetadata, RUNTIME, type Runtime } from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { agentLifecycleCodec, agentLifecycleSnapshots } from './adapters/agent-lifecycle.codec.ts';
import {
  agentLifecycleDecider,
  type AgentLifecycle,
  type AgentLifecycleCommand,
  type AgentLifecycleEvent,
} from './domain/agent-lifecycle.ts';

export type Turn = Readonly<{
  type: AgentLifecycleCommand['type'];
  agentId: string;
  by: string;
  reason?: string | undefined;
}>;

/** Starts, pauses and resumes agents. They belong to the installation, and so to its default tenant. */
@Injectable()
export class AgentLifecycles {
  private readonly handler: CommandHandler<AgentLifecycle, AgentLifecycleCommand, AgentLifecycleEvent>;

  constructor(@Inject(RUNTIME) private readonly runtime: Runtime<AgentConfiguration>) {
    const { store, snapshots } = runtime;
    const form = agentLifecycleSnapshots;
    this.handler = new CommandHandler(store, agentLifecycleDecider, agentLifecycleCodec, { snapshots, form });
  }

  async stateOf(agentId: string): Promise<AgentLifecycle> {
    return (await this.handler.load(this.target(agentId))).state;
  }

  /** @returns the agent's state afterwards; a turn that changes nothing is no error */
  async turn({ type, agentId, by, reason }: Turn): Promise<AgentLifecycle> {
    const { clock, ids } = this.runtime;
    const data = reason === undefined ? { agentId } : { agentId, reason };
    const { state } = await this.handler.handle(
      this.target(agentId),
      { type, data, meta: { at: clock.now(), by } },
      eventMetadata({ clock, ids, actor: by }),
    );
    return state;
  }

  private target(agentId: string): CommandTarget {
    return { tenant: tenantId(this.runtime.configuration.DEFAULT_TENANT), streamId: streamId('agent', agentId) };
  }
}
