import { Controller, Get, Inject, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import type { z } from 'zod';
import {
  componentHealthPageSchema,
  listQuerySchema,
  PLAIN_WORDS,
  querySubject,
  tenantIdSchema,
  violationsOf,
  type ComponentHealth,
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
import { HealthStatesQuery } from './health-states.query.ts';

const querySchema = listQuerySchema.extend({ tenant: tenantIdSchema.optional() });

@Controller('v1/health-states')
export class HealthStatesController {
  constructor(
    private readonly states: HealthStatesQuery,
    @Inject(CONFIGURATION) private readonly configuration: HealthConfiguration,
  ) {}

  @Get()
  @Operation({
    summary: 'How agents and services do, by name',
    access: ['reader'],
    answers: { 200: { description: 'One page', schema: componentHealthPageSchema } },
  })
  list(
    @Query({ schema: querySchema }) query: z.output<typeof querySchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<ComponentHealth>> {
    return this.states.list(tenantOfRequest(principal, query.tenant), query);
  }

  @MessagePattern(querySubject('health', 'list-health-states'))
  answer(@Payload() payload: unknown): Promise<Page<ComponentHealth>> {
    const parsed = querySchema.safeParse(payload, PLAIN_WORDS);
    if (!parsed.success) throw new RequestInvalid(violationsOf(parsed.error.issues, []));
    return this.states.list(tenantId(parsed.data.tenant ?? this.configuration.DEFAULT_TENANT), parsed.data);
  }
}
