import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { tenantIdSchema } from '#libs/contracts';
import {
  blockedStreamQuerySchema,
  DeadLetterDesk,
  deadLetterDetailSchema,
  deadLetterIdSchema,
  deadLetterListQuerySchema,
  deadLetterPageSchema,
  type DeadLetterDetail,
  type DeadLetterPage,
} from '#libs/messaging';
import { Operation } from '../openapi/operation.decorator.ts';
import { CurrentPrincipal } from '../security/access.decorators.ts';
import type { Principal } from '../security/principal.ts';
import { deadLetterPage } from './dead-letter-page.ts';
import { scopeOf } from './scope-of.ts';

const tenant = tenantIdSchema.optional();
const listSchema = deadLetterListQuerySchema.extend({ tenant });
const blockedSchema = blockedStreamQuerySchema.extend({ tenant });
const itemQuerySchema = z.object({ tenant });

/** Looks at the messages that this service's consumers put aside. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(@Inject(DeadLetterDesk) private readonly desk: DeadLetterDesk) {}

  @Get()
  @Operation({
    summary: 'Messages that were put aside, newest first',
    description:
      'Without a state all but those that were discarded. A key for every tenant sees all of them unless it names a tenant; ' +
      'only such a key sees messages that name none.',
    access: ['reader'],
    tag: 'dead letters',
    answers: { 200: { description: 'One page', schema: deadLetterPageSchema } },
    usesLog: false,
  })
  list(
    @Query({ schema: listSchema }) query: z.output<typeof listSchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterPage> {
    const scope = scopeOf(principal, query.tenant);
    return deadLetterPage(query, (cut) => this.desk.list(scope, { ...query, ...cut }));
  }

  @Get('blocked')
  @Operation({
    summary: 'Streams that do not go on, each as the message that it waits for; the oldest first',
    description:
      '`state` and `nextAttemptAt` say whether and when it is tried again, `blocks` how many messages wait behind it.',
    access: ['reader'],
    tag: 'dead letters',
    answers: { 200: { description: 'One page', schema: deadLetterPageSchema } },
    usesLog: false,
  })
  blocked(
    @Query({ schema: blockedSchema }) query: z.output<typeof blockedSchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterPage> {
    const scope = scopeOf(principal, query.tenant);
    return deadLetterPage(query, (cut) => this.desk.blocked(scope, { ...query, ...cut }));
  }

  @Get(':id')
  @Operation({
    summary: 'One message that was put aside, with its content, the last failure and what it blocks',
    description: 'One that was handled in the meantime is gone: 404.',
    access: ['reader'],
    tag: 'dead letters',
    answers: { 200: { description: 'The message', schema: deadLetterDetailSchema } },
    problems: ['not-found'],
    usesLog: false,
  })
  get(
    @Param('id', { schema: deadLetterIdSchema }) id: number,
    @Query({ schema: itemQuerySchema }) query: z.output<typeof itemQuerySchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<DeadLetterDetail> {
    return this.desk.get(scopeOf(principal, query.tenant), id);
  }
}
