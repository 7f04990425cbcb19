import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { z } from 'zod';
import {
  backupItemSchema,
  backupPageSchema,
  backupStatusSchema,
  idSchema,
  listQuerySchema,
  PLAIN_WORDS,
  querySubject,
  tenantIdSchema,
  violationsOf,
  type BackupItem,
  type Page,
} from '#libs/contracts';
import { tenantId } from '#libs/kernel';
import {
  CONFIGURATION,
  CurrentPrincipal,
  Operation,
  RequestInvalid,
  tenantOfRequest,
  type BaseConfiguration,
  type Principal,
} from '#libs/service-kit';
import { BackupsQuery } from './backups.query.ts';

const listSchema = listQuerySchema.extend({
  status: backupStatusSchema.optional(),
  tenant: tenantIdSchema.optional(),
});
const tenantSchema = z.object({ tenant: tenantIdSchema.optional() });

@Controller('v1/backups')
export class BackupsController {
  constructor(
    @Inject(BackupsQuery) private readonly backups: BackupsQuery,
    @Inject(CONFIGURATION) private readonly configuration: BaseConfiguration,
  ) {}

  @Get()
  @Operation({
    summary: 'List backups, newest first',
    access: ['reader'],
    tag: 'backups',
    answers: { 200: { description: 'One page of backups', schema: backupPageSchema } },
    problems: ['invalid'],
  })
  list(
    @Query({ schema: listSchema }) query: z.infer<typeof listSchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<Page<BackupItem>> {
    return this.backups.list({ ...query, tenant: tenantOfRequest(principal, query.tenant) });
  }

  @Get(':backupId')
  @Operation({
    summary: 'Get one backup with its figures, checks and, when it failed, the reason',
    access: ['reader'],
    tag: 'backups',
    answers: { 200: { description: 'The backup', schema: backupItemSchema } },
    problems: ['not-found'],
  })
  get(
    @Param('backupId', { schema: idSchema }) backupId: string,
    @Query({ schema: tenantSchema }) { tenant }: z.infer<typeof tenantSchema>,
    @CurrentPrincipal() principal: Principal,
  ): Promise<BackupItem> {
    return this.backups.get(tenantOfRequest(principal, tenant), backupId);
  }

  /** The list, by request and reply; nobody there has a key that names a tenant. @throws RequestInvalid */
  @MessagePattern(querySubject('recovery', 'list-backups'))
  answerList(@Payload() query: unknown): Promise<Page<BackupItem>> {
    const parsed = listSchema.safeParse(query, PLAIN_WORDS);
    if (!parsed.success) throw new RequestInvalid(violationsOf(parsed.error.issues));
    return this.backups.list({
      ...parsed.data,
      tenant: tenantId(parsed.data.tenant ?? this.configuration.DEFAULT_TENANT),
    });
  }
}
