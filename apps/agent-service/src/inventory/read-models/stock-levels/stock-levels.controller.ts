import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  listQuerySchema,
  querySubject,
  skuSchema,
  stockPageSchema,
  tenantIdSchema,
  type StockPage,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { StockLevelsQuery } from './stock-levels.query.ts';

const httpQuery = listQuerySchema.extend({ sku: skuSchema.optional(), tenant: tenantIdSchema.optional() });
const busQuery = httpQuery.extend({ tenant: tenantIdSchema });

/** What is in stock, over HTTP and by request/reply. */
@Controller('v1/stock')
export class StockLevelsController {
  constructor(@Inject(StockLevelsQuery) private readonly stock: StockLevelsQuery) {}

  @Get()
  @Operation({
    summary: 'List what is in stock, by SKU',
    access: ['reader'],
    answers: { 200: { description: 'One page of stock levels', schema: stockPageSchema } },
  })
  list(
    @Query({ schema: httpQuery }) query: z.infer<typeof httpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<StockPage> {
    return this.stock.list(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'list-stock'))
  answer(@Payload({ schema: busQuery }) query: z.infer<typeof busQuery>): Promise<StockPage> {
    return this.stock.list(tenantId(query.tenant), query);
  }
}
