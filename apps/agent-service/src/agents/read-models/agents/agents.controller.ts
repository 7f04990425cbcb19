import { Controller, Get, Inject, Param } from '@nestjs/common';
import { MessagePattern } from '@nestjs/microservices';
import type { DataSource } from 'typeorm';
import type { AnyAgent } from '#libs/agent-kit';
import {
  agentIdSchema,
  agentItemSchema,
  agentPageSchema,
  querySubject,
  type AgentItem,
  type Page,
} from '#libs/contracts';
import { DATA_SOURCE, Operation } from '#libs/service-kit';
import { AGENTS, DECISION_MAKER } from '../../agent-tokens.ts';
import { AgentNotFound } from '../../domain/agent.errors.ts';
import type { DecisionMaker } from '../../domain/decision-maker.ts';
import { AgentEntity } from './agent.entity.ts';

/** Which agents there are and how they do, over HTTP and by request/reply. */
@Controller('v1/agents')
export class AgentsController {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(AGENTS) private readonly agents: readonly AnyAgent[],
    @Inject(DECISION_MAKER) private readonly maker: DecisionMaker,
  ) {}

  @Get()
  @Operation({
    summary: 'List the agents',
    access: ['reader'],
    answers: { 200: { description: 'All agents, by id', schema: agentPageSchema } },
  })
  async list(): Promise<Page<AgentItem>> {
    const rows = await this.dataSource.getRepository(AgentEntity).find({ order: { agentId: 'ASC' } });
    return { data: rows.map((row) => this.item(row)), nextCursor: null, hasMore: false };
  }

  @Get(':agentId')
  @Operation({
    summary: 'Show one agent',
    access: ['reader'],
    answers: { 200: { description: 'The agent', schema: agentItemSchema } },
    problems: ['not-found'],
  })
  async show(@Param('agentId', { schema: agentIdSchema }) agentId: string): Promise<AgentItem> {
    const row = await this.dataSource.getRepository(AgentEntity).findOneBy({ agentId });
    if (!row) {
      throw new AgentNotFound(
        agentId,
        this.agents.map(({ id }) => id),
      );
    }
    return this.item(row);
  }

  @MessagePattern(querySubject('agent', 'list-agents'))
  answer(): Promise<Page<AgentItem>> {
    return this.list();
  }

  private item({ lastAssessmentAt, lastDecisionAt, since, ...row }: AgentEntity): AgentItem {
    return {
      ...row,
      name: this.agents.find(({ id }) => id === row.agentId)?.name ?? row.agentId,
      since: since.toISOString(),
      lastAssessmentAt: lastAssessmentAt?.toISOString() ?? null,
      lastDecisionAt: lastDecisionAt?.toISOString() ?? null,
      decidesBy: this.maker.preferred,
    };
  }
}
