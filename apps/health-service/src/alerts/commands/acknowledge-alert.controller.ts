import { Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { idSchema, tenantIdSchema, textSchema } from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, type Principal } from '#libs/service-kit';
import { AlertCommands } from './alert-commands.ts';

const bodySchema = z.strictObject({ note: textSchema(2_000).optional() }).prefault({});
const querySchema = z.object({ tenant: tenantIdSchema.optional() });

@Controller('v1/alerts')
export class AcknowledgeAlertController {
  constructor(private readonly alerts: AlertCommands) {}

  @Post(':id/acknowledgement')
  @HttpCode(204)
  @Operation({
    summary: 'Say that somebody takes care of an alert',
    description: 'The second time changes nothing. An alert that is resolved is refused with 409.',
    access: ['operator'],
    answers: { 204: { description: 'Somebody takes care of it' } },
    problems: ['not-found', 'refused'],
  })
  async acknowledge(
    @Param('id', { schema: idSchema }) alertId: string,
    @Query({ schema: querySchema }) query: z.output<typeof querySchema>,
    @Body({ schema: bodySchema }) body: z.output<typeof bodySchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<void> {
    const tenant = tenantOfRequest(principal, query.tenant);
    await this.alerts.acknowledge({ tenant, alertId }, `key:${principal.keyId}`, body.note ?? null);
  }
}
