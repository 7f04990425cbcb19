import { Inject, Injectable } from '@nestjs/common';
import { streamId, tenantId, type Clock, type IdSource } from '#libs/kernel';
import { CommandHandler, type CommandTarget, type EventStore } from '#libs/event-store';
import { CLOCK, CONFIGURATION, EVENT_STORE, eventMetadata, IDS } from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { agentLifecycleCodec } from './adapters/agent-lifecycle.codec.ts';
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

  constructor(
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
    @Inject(CONFIGURATION) private readonly configuration: AgentConfiguration,
  ) {
    this.handler = new CommandHandler(store, agentLifecycleDecider, agentLifecycleCodec);
  }

  async stateOf(agentId: string): Promise<AgentLifecycle> {
    return (await this.handler.load(this.target(agentId))).state;
  }

  /** @returns the agent's state afterwards; a turn that changes nothing is no error */
  async turn({ type, agentId, by, reason }: Turn): Promise<AgentLifecycle> {
    const data = reason === undefined ? { agentId } : { agentId, reason };
    const { state } = await this.handler.handle(
      this.target(agentId),
      { type, data, meta: { at: this.clock.now(), by } },
      eventMetadata({ clock: this.clock, ids: this.ids, actor: by }),
    );
    return state;
  }

  private target(agentId: string): CommandTarget {
    return { tenant: tenantId(this.configuration.DEFAULT_TENANT), streamId: streamId('agent', agentId) };
  }
}
