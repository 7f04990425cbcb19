import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  forecastListQuerySchema,
  forecastPageSchema,
  querySubject,
  tenantIdSchema,
  type ForecastPage,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { ForecastsQuery } from './forecasts.query.ts';

const httpQuery = forecastListQuerySchema.extend({ tenant: tenantIdSchema.optional() });
const busQuery = forecastListQuerySchema.extend({ tenant: tenantIdSchema });

/** What is to be expected, over HTTP and by request/reply. */
@Controller('v1/forecasts')
export class ForecastsController {
  constructor(@Inject(ForecastsQuery) private readonly forecasts: ForecastsQuery) {}

  @Get()
  @Operation({
    summary: 'Forecast the demand for each item and the cash flow, with the method and its error',
    access: ['reader'],
    answers: { 200: { description: 'One page of items, and the cash flow', schema: forecastPageSchema } },
  })
  list(
    @Query({ schema: httpQuery }) query: z.infer<typeof httpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<ForecastPage> {
    return this.forecasts.list(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'list-forecasts'))
  answer(@Payload({ schema: busQuery }) query: z.infer<typeof busQuery>): Promise<ForecastPage> {
    return this.forecasts.list(tenantId(query.tenant), query);
  }
}
