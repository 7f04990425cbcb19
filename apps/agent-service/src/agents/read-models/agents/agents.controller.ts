import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import { tenantId, type TenantId } from '#libs/kernel';
import type { AnyAgent } from '#libs/agent-kit';
import {
  agentDetailSchema,
  agentIdSchema,
  agentPageSchema,
  querySubject,
  tenantIdSchema,
  type AgentDetail,
  type AgentItem,
  type Page,
} from '#libs/contracts';
import { readCheckpoint } from '#libs/event-store';
import { CurrentPrincipal, Operation, RUNTIME, tenantOfRequest, type Principal, type Runtime } from '#libs/service-kit';
import { agentCheckpoint } from '../../agent-run.ts';
import { AGENTS, DECISION_MAKER } from '../../agent-tokens.ts';
import { AgentNotFound } from '../../domain/agent.errors.ts';
import type { DecisionMaker } from '../../domain/decision-maker.ts';
import { AgentEntity } from './agent.entity.ts';
import { AgentReportQuery } from './agent-report.query.ts';

const httpQuery = z.object({ tenant: tenantIdSchema.optional() });
const busQuery = z.object({ tenant: tenantIdSchema, agentId: agentIdSchema });

/** Which agents there are and how they do, over HTTP and by request/reply. */
@Controller('v1/agents')
export class AgentsController {
  constructor(
    @Inject(RUNTIME) private readonly runtime: Runtime,
    @Inject(AGENTS) private readonly agents: readonly AnyAgent[],
    @Inject(DECISION_MAKER) private readonly maker: DecisionMaker,
    @Inject(AgentReportQuery) private readonly reports: AgentReportQuery,
  ) {}

  @Get()
  @Operation({
    summary: 'List the agents',
    access: ['reader'],
    answers: { 200: { description: 'All agents, by id', schema: agentPageSchema } },
  })
  async list(): Promise<Page<AgentItem>> {
    const rows = await this.runtime.dataSource.getRepository(AgentEntity).find({ order: { agentId: 'ASC' } });
    return { data: await Promise.all(rows.map((row) => this.item(row))), nextCursor: null, hasMore: false };
  }

  @Get(':agentId')
  @Operation({
    summary: 'Show one agent, what it decided for the business, and its report of 30 days',
    access: ['reader'],
    answers: { 200: { description: 'The agent', schema: agentDetailSchema } },
    problems: ['not-found'],
  })
  show(
    @Param('agentId', { schema: agentIdSchema }) agentId: string,
    @Query({ schema: httpQuery }) query: z.infer<typeof httpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AgentDetail> {
    return this.detail(tenantOfRequest(principal, query.tenant), agentId);
  }

  @MessagePattern(querySubject('agent', 'list-agents'))
  answer(): Promise<Page<AgentItem>> {
    return this.list();
  }

  @MessagePattern(querySubject('agent', 'show-agent'))
  answerOne(@Payload({ schema: busQuery }) { tenant, agentId }: z.infer<typeof busQuery>): Promise<AgentDetail> {
    return this.detail(tenantId(tenant), agentId);
  }

  private async detail(tenant: TenantId, agentId: string): Promise<AgentDetail> {
    const row = await this.runtime.dataSource.getRepository(AgentEntity).findOneBy({ agentId });
    if (!row) {
      throw new AgentNotFound(
        agentId,
        this.agents.map(({ id }) => id),
      );
    }
    return { ...(await this.item(row)), ...(await this.reports.of(tenant, agentId)) };
  }

  private async item({ lastAssessmentAt, lastDecisionAt, since, ...row }: AgentEntity): Promise<AgentItem> {
    const assessed = await readCheckpoint(this.runtime.database, agentCheckpoint(row.agentId), 1);
    return {
      ...row,
      name: this.agents.find(({ id }) => id === row.agentId)?.name ?? row.agentId,
      since: since.toISOString(),
      lastAssessmentAt: lastAssessmentAt?.toISOString() ?? null,
      lastDecisionAt: lastDecisionAt?.toISOString() ?? null,
      decidesBy: this.maker.preferred,
      assessedUpTo: assessed.position,
    };
  }
}
