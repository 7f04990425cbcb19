import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  entryListQuerySchema,
  entryPageSchema,
  isRange,
  ledgerQuerySchema,
  ledgerSchema,
  querySubject,
  RANGE_ERROR,
  tenantIdSchema,
  type EntryPage,
  type Ledger,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { LedgerQueryService } from './ledger.query.ts';

const httpQuery = ledgerQuerySchema.extend({ tenant: tenantIdSchema.optional() }).refine(isRange, RANGE_ERROR);
const busQuery = ledgerQuerySchema.extend({ tenant: tenantIdSchema }).refine(isRange, RANGE_ERROR);
const entriesHttpQuery = entryListQuerySchema
  .extend({ tenant: tenantIdSchema.optional() })
  .refine(isRange, RANGE_ERROR);
const entriesBusQuery = entryListQuerySchema.extend({ tenant: tenantIdSchema }).refine(isRange, RANGE_ERROR);

/** The books, over HTTP and by request/reply. */
@Controller('v1/ledger')
export class LedgerController {
  constructor(@Inject(LedgerQueryService) private readonly ledger: LedgerQueryService) {}

  @Get()
  @Operation({
    summary: 'Show accounts with their balances, and revenue, expense and cash flow of a range of days',
    access: ['reader'],
    answers: { 200: { description: 'The books', schema: ledgerSchema } },
  })
  show(
    @Query({ schema: httpQuery }) query: z.infer<typeof httpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Ledger> {
    return this.ledger.show(tenantOfRequest(principal, query.tenant), query);
  }

  @Get('entries')
  @Operation({
    summary: 'List what was booked, newest first; sales are shown by day only',
    access: ['reader'],
    answers: { 200: { description: 'One page of entries', schema: entryPageSchema } },
  })
  list(
    @Query({ schema: entriesHttpQuery }) query: z.infer<typeof entriesHttpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<EntryPage> {
    return this.ledger.list(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'show-ledger'))
  answer(@Payload({ schema: busQuery }) query: z.infer<typeof busQuery>): Promise<Ledger> {
    return this.ledger.show(tenantId(query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'list-ledger-entries'))
  answerList(@Payload({ schema: entriesBusQuery }) query: z.infer<typeof entriesBusQuery>): Promise<EntryPage> {
    return this.ledger.list(tenantId(query.tenant), query);
  }
}
