import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  obligationListQuerySchema,
  obligationPageSchema,
  querySubject,
  tenantIdSchema,
  type ObligationPage,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { ObligationsQuery } from './obligations.query.ts';

const httpQuery = obligationListQuerySchema.extend({ tenant: tenantIdSchema.optional() });
const busQuery = obligationListQuerySchema.extend({ tenant: tenantIdSchema });
type HttpQuery = z.infer<typeof httpQuery>;
type BusQuery = z.infer<typeof busQuery>;

/** What customers owe and what is owed to suppliers, over HTTP and by request/reply. */
@Controller('v1')
export class ObligationsController {
  constructor(@Inject(ObligationsQuery) private readonly obligations: ObligationsQuery) {}

  @Get('receivables')
  @Operation({
    summary: 'List what customers owe, the first due first, with its ageing',
    access: ['reader'],
    answers: { 200: { description: 'One page of invoices', schema: obligationPageSchema } },
  })
  receivables(
    @Query({ schema: httpQuery }) query: HttpQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ObligationPage> {
    return this.obligations.list(tenantOfRequest(principal, query.tenant), 'receivable', query);
  }

  @Get('payables')
  @Operation({
    summary: 'List what the business owes, the first due first, with its ageing',
    access: ['reader'],
    answers: { 200: { description: 'One page of bills', schema: obligationPageSchema } },
  })
  payables(
    @Query({ schema: httpQuery }) query: HttpQuery,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ObligationPage> {
    return this.obligations.list(tenantOfRequest(principal, query.tenant), 'payable', query);
  }

  @MessagePattern(querySubject('agent', 'list-receivables'))
  answerReceivables(@Payload({ schema: busQuery }) query: BusQuery): Promise<ObligationPage> {
    return this.obligations.list(tenantId(query.tenant), 'receivable', query);
  }

  @MessagePattern(querySubject('agent', 'list-payables'))
  answerPayables(@Payload({ schema: busQuery }) query: BusQuery): Promise<ObligationPage> {
    return this.obligations.list(tenantId(query.tenant), 'payable', query);
  }
}
