import { Controller, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { idSchema, writtenPositionSchema } from '#libs/contracts';
import {
  CONFIGURATION,
  CurrentPrincipal,
  Operation,
  requireTenant,
  writtenPosition,
  type BaseConfiguration,
  type Principal,
} from '#libs/service-kit';
import { DailyBackup } from './daily-backup.ts';

/** Answer to a request that has begun a task. */
export const taskStartedSchema = z.object({ taskId: idSchema, position: writtenPositionSchema });

/** Asks for the daily backup now. */
@Controller('v1/tasks/daily-backup')
export class DailyBackupController {
  constructor(
    @Inject(DailyBackup) private readonly dailyBackup: DailyBackup,
    @Inject(CONFIGURATION) private readonly configuration: BaseConfiguration,
  ) {}

  @Post()
  @HttpCode(202)
  @Operation({
    summary: "Ask for today's backup now, or for a repetition of it",
    description: 'Only one runs at a time: while it does, the answer is 409 and names it.',
    access: ['operator'],
    answers: { 202: { description: 'It has begun; follow it at Location.', schema: taskStartedSchema } },
    problems: ['forbidden', 'conflict'],
  })
  async start(
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<z.infer<typeof taskStartedSchema>> {
    requireTenant(principal, this.configuration.DEFAULT_TENANT);
    const taskId = await this.dailyBackup.request(`key:${principal.keyId}`);
    reply.header('location', `/v1/tasks/${encodeURIComponent(taskId)}`);
    return { taskId, ...writtenPosition() };
  }
}
