import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  AgentPausedV1,
  AgentResumedV1,
  AgentStartedV1,
  AssessmentCompletedV1,
  AssessmentFailedV1,
  type CloudEvent,
} from '#libs/contracts';
import { EventContext } from '#libs/service-kit';
import { ComponentHealthCommands } from '../commands/component-health-commands.ts';
import type { ComponentHealthCommand } from '../domain/component-health.decider.ts';
import type { Subject } from '../domain/component-health.ts';

const agent = (name: string): Subject => ({ kind: 'agent', name });

/** Follows what agents say of their work; inbox and decision become true together, so each event counts once. */
@Controller()
export class AgentEventsReaction {
  constructor(private readonly commands: ComponentHealthCommands) {}

  @EventPattern<typeof AgentStartedV1.type>(AgentStartedV1.type)
  async started(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { agentId, by, at } = AgentStartedV1.read(event).data;
    await this.decide(
      { type: 'note-start', data: { subject: agent(agentId) }, meta: { at: new Date(at), by } },
      context,
    );
  }

  @EventPattern<typeof AgentPausedV1.type>(AgentPausedV1.type)
  async paused(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { agentId, by, at, reason } = AgentPausedV1.read(event).data;
    const data = { subject: agent(agentId), reason: reason ?? null };
    await this.decide({ type: 'note-pause', data, meta: { at: new Date(at), by } }, context);
  }

  @EventPattern<typeof AgentResumedV1.type>(AgentResumedV1.type)
  async resumed(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { agentId, by, at } = AgentResumedV1.read(event).data;
    await this.decide(
      { type: 'note-resume', data: { subject: agent(agentId) }, meta: { at: new Date(at), by } },
      context,
    );
  }

  @EventPattern<typeof AssessmentCompletedV1.type>(AssessmentCompletedV1.type)
  async completed(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { agentId, startedAt, durationMs } = AssessmentCompletedV1.read(event).data;
    const meta = { at: endOf(startedAt, durationMs), by: `agent:${agentId}` };
    await this.decide({ type: 'note-completed-assessment', data: { subject: agent(agentId) }, meta }, context);
  }

  @EventPattern<typeof AssessmentFailedV1.type>(AssessmentFailedV1.type)
  async failed(@Payload() event: CloudEvent, @Ctx() context: EventContext): Promise<void> {
    const { agentId, startedAt, durationMs, reason, consecutiveFailures } = AssessmentFailedV1.read(event).data;
    const { failuresUntilUnhealthy } = this.commands.policy;
    const data = { subject: agent(agentId), reason, consecutiveFailures, failuresUntilUnhealthy };
    const meta = { at: endOf(startedAt, durationMs), by: `agent:${agentId}` };
    await this.decide({ type: 'note-failed-assessment', data, meta }, context);
  }

  private decide(command: ComponentHealthCommand, { incoming, transaction }: EventContext): Promise<void> {
    return this.commands.handleWithin(transaction, command, incoming.event.id);
  }
}

function endOf(startedAt: string, durationMs: number): Date {
  return new Date(new Date(startedAt).getTime() + durationMs);
}
