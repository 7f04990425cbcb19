import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { AnyAgent } from '#libs/agent-kit';
import { agentIdSchema, agentTurnRequestSchema, writtenPositionSchema, type AgentTurnRequest } from '#libs/contracts';
import { CurrentPrincipal, Operation, writtenPosition, type Principal } from '#libs/service-kit';
import { AgentLifecycles } from '../agent-lifecycle.ts';
import { AGENTS } from '../agent-tokens.ts';
import { AgentNotFound } from '../domain/agent.errors.ts';

const turnAnswer = z.object({
  agentId: agentIdSchema,
  status: z.enum(['running', 'paused']),
  position: writtenPositionSchema,
});
type TurnAnswer = z.infer<typeof turnAnswer>;
const bodySchema = agentTurnRequestSchema.nullish();

/** How an operator stops an agent and lets it go on. */
@Controller('v1/agents')
export class TurnAgentController {
  constructor(
    @Inject(AGENTS) private readonly agents: readonly AnyAgent[],
    @Inject(AgentLifecycles) private readonly lifecycles: AgentLifecycles,
  ) {}

  @Post(':agentId/pause')
  @HttpCode(200)
  @Operation({
    summary: 'Pause an agent after its current assessment',
    access: ['operator'],
    answers: { 200: { description: 'The agent is paused', schema: turnAnswer } },
    problems: ['not-found'],
  })
  pause(
    @Param('agentId', { schema: agentIdSchema }) agentId: string,
    @Body({ schema: bodySchema }) body: AgentTurnRequest | null | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TurnAnswer> {
    return this.turn('PauseAgent', agentId, { principal, reason: body?.reason });
  }

  @Post(':agentId/resume')
  @HttpCode(200)
  @Operation({
    summary: 'Let a paused agent go on',
    access: ['operator'],
    answers: { 200: { description: 'The agent runs', schema: turnAnswer } },
    problems: ['not-found'],
  })
  resume(
    @Param('agentId', { schema: agentIdSchema }) agentId: string,
    @Body({ schema: bodySchema }) body: AgentTurnRequest | null | undefined,
    @CurrentPrincipal() principal: Principal,
  ): Promise<TurnAnswer> {
    return this.turn('ResumeAgent', agentId, { principal, reason: body?.reason });
  }

  private async turn(
    type: 'PauseAgent' | 'ResumeAgent',
    agentId: string,
    { principal, reason }: { readonly principal: Principal; readonly reason: string | undefined },
  ): Promise<TurnAnswer> {
    if (!this.agents.some(({ id }) => id === agentId)) {
      throw new AgentNotFound(
        agentId,
        this.agents.map(({ id }) => id),
      );
    }
    const state = await this.lifecycles.turn({ type, agentId, by: `key:${principal.keyId}`, reason });
    return { agentId, status: state === 'paused' ? 'paused' : 'running', ...writtenPosition() };
  }
}
