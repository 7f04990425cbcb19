import { Body, Controller, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import {
  idSchema,
  outcomeRequestSchema,
  tenantIdSchema,
  writtenPositionSchema,
  type OutcomeRequest,
} from '#libs/contracts';
import { CurrentPrincipal, Operation, tenantOfRequest, writtenPosition, type Principal } from '#libs/service-kit';
import { DecisionsQuery } from '../read-models/decisions/decisions.query.ts';
import { OutcomeRecording } from './outcome-recording.ts';

const tenantQuery = z.object({ tenant: tenantIdSchema.optional() });
const outcomeAnswer = z.object({ decisionId: idSchema, isNew: z.boolean(), position: writtenPositionSchema });

/** How people tell what became of a decision. */
@Controller('v1/decisions')
export class OutcomeController {
  constructor(
    @Inject(DecisionsQuery) private readonly decisions: DecisionsQuery,
    @Inject(OutcomeRecording) private readonly recording: OutcomeRecording,
  ) {}

  @Post(':decisionId/outcome')
  @HttpCode(200)
  @Operation({
    summary: 'Record whether a decision was right; its agent learns from it',
    access: ['operator', 'approver'],
    answers: { 200: { description: 'The outcome is recorded', schema: outcomeAnswer } },
    problems: ['not-found', 'conflict'],
  })
  async record(
    @Param('decisionId', { schema: idSchema }) decisionId: string,
    @Query({ schema: tenantQuery }) query: z.infer<typeof tenantQuery>,
    @Body({ schema: outcomeRequestSchema }) outcome: OutcomeRequest,
    @CurrentPrincipal() principal: Principal,
  ): Promise<z.infer<typeof outcomeAnswer>> {
    const tenant = tenantOfRequest(principal, query.tenant);
    const decision = await this.decisions.show(tenant, decisionId);
    const isNew = await this.recording.record({ tenant, by: `key:${principal.keyId}`, decision, outcome });
    return { decisionId, isNew, ...writtenPosition() };
  }
}
