import { Body, Controller, HttpCode, Inject, Post, Query, Res } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  backupRequestSchema,
  idSchema,
  tenantIdSchema,
  writtenPositionSchema,
  type BackupRequest,
} from '#libs/contracts';
import {
  CurrentPrincipal,
  Operation,
  RequestInvalid,
  tenantOfRequest,
  writtenPosition,
  type Principal,
} from '#libs/service-kit';
import { BackupRequests } from './backup-requests.ts';

const querySchema = z.object({ tenant: tenantIdSchema.optional() });
const answerSchema = z.object({ backupId: idSchema, position: writtenPositionSchema });

@Controller('v1/backups')
export class RequestBackupController {
  constructor(@Inject(BackupRequests) private readonly requests: BackupRequests) {}

  @Post()
  @HttpCode(202)
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'The same key gives the same backup.' })
  @Operation({
    summary: 'Request a backup',
    description:
      'The backup is made and proven in the background; follow it where Location says. Backups wait for each other: ' +
      'a request while one is running is taken, too.',
    access: ['operator'],
    tag: 'backups',
    answers: { 202: { description: 'The backup will be made', schema: answerSchema } },
    problems: ['conflict', 'unavailable'],
  })
  async request(
    @Body({ schema: backupRequestSchema.default({}) }) { reason }: BackupRequest,
    @Query({ schema: querySchema }) { tenant }: z.infer<typeof querySchema>,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof answerSchema>> {
    const backupId = await this.requests.request({
      tenant: tenantOfRequest(principal, tenant),
      by: `key:${principal.keyId}`,
      reason,
      idempotencyKey: idempotencyKey(reply.request.headers['idempotency-key']),
    });
    reply.header('location', `/v1/backups/${backupId}`);
    return { backupId, ...writtenPosition() };
  }
}

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const parsed = idSchema.safeParse(header);
  if (parsed.success) return parsed.data;
  throw new RequestInvalid([
    { pointer: '#/header/idempotency-key', detail: 'must be 1 to 128 characters on one line' },
  ]);
}
