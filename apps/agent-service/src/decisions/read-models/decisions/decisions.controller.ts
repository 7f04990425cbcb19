import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  decisionDetailSchema,
  decisionPageSchema,
  idSchema,
  querySubject,
  type DecisionDetail,
  type DecisionPage,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import {
  decisionBusQuery,
  decisionListBusQuery,
  decisionListHttpQuery,
  tenantHttpQuery,
} from './decision-queries.schema.ts';
import { DecisionsQuery } from './decisions.query.ts';

/** What was decided and why, over HTTP and by request/reply. */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(@Inject(DecisionsQuery) private readonly decisions: DecisionsQuery) {}

  @Get()
  @Operation({
    summary: 'List decisions, newest first',
    access: ['reader'],
    answers: { 200: { description: 'One page of decisions', schema: decisionPageSchema } },
  })
  list(
    @Query({ schema: decisionListHttpQuery }) query: z.infer<typeof decisionListHttpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DecisionPage> {
    return this.decisions.list(tenantOfRequest(principal, query.tenant), query);
  }

  @Get(':decisionId')
  @Operation({
    summary: 'Show one decision with the events that led to it',
    access: ['reader'],
    answers: { 200: { description: 'The decision', schema: decisionDetailSchema } },
    problems: ['not-found'],
  })
  show(
    @Param('decisionId', { schema: idSchema }) decisionId: string,
    @Query({ schema: tenantHttpQuery }) query: z.infer<typeof tenantHttpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DecisionDetail> {
    return this.decisions.show(tenantOfRequest(principal, query.tenant), decisionId);
  }

  @MessagePattern(querySubject('agent', 'list-decisions'))
  answerList(
    @Payload({ schema: decisionListBusQuery }) query: z.infer<typeof decisionListBusQuery>,
  ): Promise<DecisionPage> {
    return this.decisions.list(tenantId(query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'show-decision'))
  answerOne(
    @Payload({ schema: decisionBusQuery }) { tenant, decisionId }: z.infer<typeof decisionBusQuery>,
  ): Promise<DecisionDetail> {
    return this.decisions.show(tenantId(tenant), decisionId);
  }
}
