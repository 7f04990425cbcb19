import { Body, Controller, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { tenantIdSchema } from '#libs/contracts';
import {
  DeadLetterDesk,
  deadLetterIdSchema,
  deadLetterItemSchema,
  discardRequestSchema,
  redriveAnswerSchema,
  redriveRequestSchema,
  type DeadLetterItem,
  type RedriveAnswer,
} from '#libs/messaging';
import { Operation } from '../openapi/operation.decorator.ts';
import type { Logger } from '../ports.ts';
import { LOGGER } from '../runtime/tokens.ts';
import { CurrentPrincipal } from '../security/access.decorators.ts';
import type { Principal } from '../security/principal.ts';
import { scopeOf } from './scope-of.ts';

const querySchema = z.object({ tenant: tenantIdSchema.optional() });
type ForTenant = z.output<typeof querySchema>;

/** Decides what becomes of dead messages; every decision is in the log of the service, with the key that made it. */
@Controller('v1/dead-letters')
export class DeadLetterDecisionsController {
  constructor(
    @Inject(DeadLetterDesk) private readonly desk: DeadLetterDesk,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post('redrive')
  @HttpCode(202)
  @Operation({
    summary: 'Try many dead messages again',
    description: 'All those for which everything that the body names holds. At least one thing must be named.',
    access: ['operator'],
    tag: 'dead letters',
    answers: { 202: { description: 'They are tried again, each stream in its order', schema: redriveAnswerSchema } },
    usesLog: false,
  })
  async redriveMany(
    @Body({ schema: redriveRequestSchema }) request: z.output<typeof redriveRequestSchema>,
    @Query({ schema: querySchema }) { tenant }: ForTenant,
    @CurrentPrincipal() principal: Principal,
  ): Promise<RedriveAnswer> {
    const scope = scopeOf(principal, tenant);
    const redriven = await this.desk.redriveMany(scope, request);
    this.logger.info(
      { by: actorOf(principal), scope, ...request, redriven },
      `${redriven} dead letters were re-driven`,
    );
    return { redriven };
  }

  @Post(':id/redrive')
  @HttpCode(202)
  @Operation({
    summary: 'Try a dead message again',
    description:
      'It has as many attempts as a new one. When it was handled it is gone, and what waits behind it follows. One that is not ' +
      'dead is refused with 409.',
    access: ['operator'],
    tag: 'dead letters',
    answers: { 202: { description: 'It is tried again', schema: deadLetterItemSchema } },
    problems: ['not-found', 'refused'],
    usesLog: false,
  })
  async redrive(
    @Param('id', { schema: deadLetterIdSchema }) id: number,
    @Query({ schema: querySchema }) { tenant }: ForTenant,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterItem> {
    const item = await this.desk.redrive(scopeOf(principal, tenant), id);
    this.logger.info({ by: actorOf(principal), ...factsOf(item) }, 'a dead letter was re-driven');
    return item;
  }

  @Post(':id/discard')
  @HttpCode(200)
  @Operation({
    summary: 'Give a dead message up for good',
    description:
      'It will never have an effect, and what waits behind it goes on without it. It stays in the list of the discarded, with who, ' +
      'when and why. One that is not dead is refused with 409.',
    access: ['operator'],
    tag: 'dead letters',
    answers: { 200: { description: 'It is discarded', schema: deadLetterItemSchema } },
    problems: ['not-found', 'refused'],
    usesLog: false,
  })
  async discard(
    @Param('id', { schema: deadLetterIdSchema }) id: number,
    @Body({ schema: discardRequestSchema }) { reason }: z.output<typeof discardRequestSchema>,
    @Query({ schema: querySchema }) { tenant }: ForTenant,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterItem> {
    const by = actorOf(principal);
    const item = await this.desk.discard(scopeOf(principal, tenant), id, { by, reason });
    this.logger.warn({ by, reason, ...factsOf(item) }, 'a dead letter was discarded');
    return item;
  }
}

const actorOf = ({ keyId }: Principal): string => `key:${keyId}`;

function factsOf({ deadLetterId, consumer, source, epoch, position, tenant, stream, code }: DeadLetterItem): object {
  return { deadLetterId, consumer, source, epoch, position, tenant, stream, code };
}
