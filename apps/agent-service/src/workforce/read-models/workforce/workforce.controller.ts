import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  isRange,
  querySubject,
  RANGE_ERROR,
  tenantIdSchema,
  workforceQuerySchema,
  workforceSchema,
  type WorkforceAnswer,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { WorkforceQueryService } from './workforce.query.ts';

const httpQuery = workforceQuerySchema.extend({ tenant: tenantIdSchema.optional() }).refine(isRange, RANGE_ERROR);
const busQuery = workforceQuerySchema.extend({ tenant: tenantIdSchema }).refine(isRange, RANGE_ERROR);

/** Who works and what it comes to, over HTTP and by request/reply. */
@Controller('v1/workforce')
export class WorkforceController {
  constructor(@Inject(WorkforceQueryService) private readonly workforce: WorkforceQueryService) {}

  @Get()
  @Operation({
    summary: 'Show who works now, hours and labour cost of a range of days, the schedule and open leave',
    access: ['reader'],
    answers: { 200: { description: 'The people and their work', schema: workforceSchema } },
  })
  show(
    @Query({ schema: httpQuery }) query: z.infer<typeof httpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<WorkforceAnswer> {
    return this.workforce.show(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'show-workforce'))
  answer(@Payload({ schema: busQuery }) query: z.infer<typeof busQuery>): Promise<WorkforceAnswer> {
    return this.workforce.show(tenantId(query.tenant), query);
  }
}
