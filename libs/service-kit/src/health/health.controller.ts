import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { healthAnswerSchema } from '#libs/contracts';
import { Operation } from '../openapi/operation.decorator.ts';
import type { HealthReport } from './health-indicator.ts';
import { HealthRegistry } from './health-registry.ts';

const readinessSchema = z
  .object({ status: z.enum(['ready', 'not-ready']) })
  .meta({ id: 'Readiness', description: 'Whether work may be sent to this instance.' });
const livenessSchema = z
  .object({ status: z.literal('alive') })
  .meta({ id: 'Liveness', description: 'The process answers.' });

type Readiness = z.infer<typeof readinessSchema>;

const READINESS_ANSWERS = {
  200: { description: 'Work may be sent here.', schema: readinessSchema },
  503: {
    description: 'Not now: a required component is unhealthy, or the process is stopping.',
    schema: readinessSchema,
  },
};

/** What probes and people ask. 503 here is an answer about health, not a problem document. */
@Controller()
export class HealthController {
  constructor(@Inject(HealthRegistry) private readonly registry: HealthRegistry) {}

  @Get('health')
  @Operation({
    summary: 'Health of the service and each component',
    access: 'public',
    tag: 'health',
    usesLog: false,
    answers: {
      200: { description: 'Healthy, or degraded: some optional component is in trouble.', schema: healthAnswerSchema },
      503: { description: 'A required component is unhealthy.', schema: healthAnswerSchema },
    },
  })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.registry.report();
    reply.status(report.status === 'unhealthy' ? 503 : 200);
    return report;
  }

  /** Looks at nothing but the process: a neighbour that is down is no reason to be restarted. */
  @Get('health/live')
  @Operation({
    summary: 'Whether the process answers',
    access: 'public',
    tag: 'health',
    usesLog: false,
    answers: { 200: { description: 'It does.', schema: livenessSchema } },
  })
  live(): z.infer<typeof livenessSchema> {
    return { status: 'alive' };
  }

  @Get('health/ready')
  @Operation({
    summary: 'Whether work may be sent here',
    access: 'public',
    tag: 'health',
    usesLog: false,
    answers: READINESS_ANSWERS,
  })
  ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    return this.readiness(reply);
  }

  @Get('ready')
  @Operation({
    summary: 'The same, under the name of the guide',
    access: 'public',
    tag: 'health',
    usesLog: false,
    answers: READINESS_ANSWERS,
  })
  readyOfTheGuide(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    return this.readiness(reply);
  }

  private async readiness(reply: FastifyReply): Promise<Readiness> {
    const isReady = await this.registry.isReady();
    reply.status(isReady ? 200 : 503);
    return { status: isReady ? 'ready' : 'not-ready' };
  }
}
