import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import { tenantId } from '#libs/kernel';
import {
  listQuerySchema,
  purchaseOrderListQuerySchema,
  purchaseOrderPageSchema,
  querySubject,
  supplierPageSchema,
  tenantIdSchema,
  type PurchaseOrderPage,
  type SupplierPage,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { PurchasingQuery } from './purchasing.query.ts';

const suppliersHttpQuery = listQuerySchema.extend({ tenant: tenantIdSchema.optional() });
const suppliersBusQuery = listQuerySchema.extend({ tenant: tenantIdSchema });
const ordersHttpQuery = purchaseOrderListQuerySchema.extend({ tenant: tenantIdSchema.optional() });
const ordersBusQuery = purchaseOrderListQuerySchema.extend({ tenant: tenantIdSchema });

/** Who supplies and what was ordered, over HTTP and by request/reply. */
@Controller('v1/stock')
export class PurchasingController {
  constructor(@Inject(PurchasingQuery) private readonly purchasing: PurchasingQuery) {}

  @Get('suppliers')
  @Operation({
    summary: 'List suppliers with how they really delivered, by id',
    access: ['reader'],
    answers: { 200: { description: 'One page of suppliers', schema: supplierPageSchema } },
  })
  suppliers(
    @Query({ schema: suppliersHttpQuery }) query: z.infer<typeof suppliersHttpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<SupplierPage> {
    return this.purchasing.suppliers(tenantOfRequest(principal, query.tenant), query);
  }

  @Get('purchase-orders')
  @Operation({
    summary: 'List purchase orders with the days of their receipts, the last changed first',
    access: ['reader'],
    answers: { 200: { description: 'One page of purchase orders', schema: purchaseOrderPageSchema } },
  })
  orders(
    @Query({ schema: ordersHttpQuery }) query: z.infer<typeof ordersHttpQuery>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<PurchaseOrderPage> {
    return this.purchasing.orders(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'list-suppliers'))
  answerSuppliers(
    @Payload({ schema: suppliersBusQuery }) query: z.infer<typeof suppliersBusQuery>,
  ): Promise<SupplierPage> {
    return this.purchasing.suppliers(tenantId(query.tenant), query);
  }

  @MessagePattern(querySubject('agent', 'list-purchase-orders'))
  answerOrders(@Payload({ schema: ordersBusQuery }) query: z.infer<typeof ordersBusQuery>): Promise<PurchaseOrderPage> {
    return this.purchasing.orders(tenantId(query.tenant), query);
  }
}
