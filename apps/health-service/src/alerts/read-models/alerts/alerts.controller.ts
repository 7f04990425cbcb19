import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import {
  alertItemSchema,
  alertListQuerySchema,
  alertPageSchema,
  idSchema,
  PLAIN_WORDS,
  querySubject,
  tenantIdSchema,
  violationsOf,
  type AlertItem,
  type Page,
} from '#libs/contracts';
import { tenantId } from '#libs/kernel';
import {
  CONFIGURATION,
  CurrentPrincipal,
  Operation,
  RequestInvalid,
  tenantOfRequest,
  type Principal,
} from '#libs/service-kit';
import type { HealthConfiguration } from '../../../config.ts';
import { AlertNotFound } from '../../domain/alert.errors.ts';
import { AlertsQuery } from './alerts.query.ts';

const tenant = tenantIdSchema.optional();
const listSchema = alertListQuerySchema.extend({ tenant });
const itemQuerySchema = z.object({ tenant });

@Controller('v1/alerts')
export class AlertsController {
  constructor(
    private readonly alerts: AlertsQuery,
    @Inject(CONFIGURATION) private readonly configuration: HealthConfiguration,
  ) {}

  @Get()
  @Operation({
    summary: 'Alerts, newest first',
    access: ['reader'],
    answers: { 200: { description: 'One page', schema: alertPageSchema } },
  })
  list(
    @Query({ schema: listSchema }) query: z.output<typeof listSchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<AlertItem>> {
    return this.alerts.list(tenantOfRequest(principal, query.tenant), query);
  }

  @Get(':id')
  @Operation({
    summary: 'One alert',
    access: ['reader'],
    answers: { 200: { description: 'The alert', schema: alertItemSchema } },
    problems: ['not-found'],
  })
  async get(
    @Param('id', { schema: idSchema }) alertId: string,
    @Query({ schema: itemQuerySchema }) query: z.output<typeof itemQuerySchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<AlertItem> {
    const found = await this.alerts.find(tenantOfRequest(principal, query.tenant), alertId);
    if (!found) throw new AlertNotFound(alertId);
    return found;
  }

  @MessagePattern(querySubject('health', 'list-alerts'))
  answer(@Payload() payload: unknown): Promise<Page<AlertItem>> {
    const parsed = listSchema.safeParse(payload, PLAIN_WORDS);
    if (!parsed.success) throw new RequestInvalid(violationsOf(parsed.error.issues, []));
    return this.alerts.list(tenantId(parsed.data.tenant ?? this.configuration.DEFAULT_TENANT), parsed.data);
  }
}
