import { Body, Controller, Headers, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import {
  CLOUD_EVENT_BATCH_MEDIA_TYPE,
  CLOUD_EVENT_MEDIA_TYPE,
  ingestBatchResultSchema,
  ingestResultSchema,
  parseBinary,
  parseStructured,
  type CloudEvent,
  type IngestBatchResult,
  type IngestResult,
} from '#libs/contracts';
import {
  CurrentPrincipal,
  currentRequestContext,
  LOGGER,
  Operation,
  problemFrom,
  tenantOfRequest,
  writtenPosition,
  type Logger,
  type Principal,
} from '#libs/service-kit';
import { Ingestion } from '../ingestion.ts';
import { BatchMalformed, BatchTooLarge } from '../ingestion.errors.ts';

type RequestHeaders = Readonly<Record<string, string | undefined>>;

/** One commit holds many of them, and one answer tells of each. */
const MAX_BATCH_ITEMS = 1_000;

/** How business systems publish over HTTP: CloudEvents 1.0 in structured, binary or batch mode. */
@Controller('v1/events')
export class IngestEventsController {
  constructor(
    @Inject(Ingestion) private readonly ingestion: Ingestion,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Post()
  @Operation({
    summary: 'Publish one business event, or a batch',
    description:
      'A CloudEvent in structured or binary mode is answered 202. A batch is answered 200 when every event was taken ' +
      'or known already, else 207; the answer has one item per event. (source, id) makes an event idempotent.',
    access: ['publisher'],
    consumes: [CLOUD_EVENT_MEDIA_TYPE, CLOUD_EVENT_BATCH_MEDIA_TYPE, 'application/json'],
    answers: {
      202: { description: 'The event is in the log', schema: ingestResultSchema },
      200: { description: 'Every event of the batch is in the log', schema: ingestBatchResultSchema },
      207: { description: 'Some events of the batch were rejected', schema: ingestBatchResultSchema },
    },
    problems: ['malformed', 'invalid', 'forbidden', 'conflict', 'too-large'],
  })
  async publish(
    @Body() body: unknown,
    @Headers() headers: RequestHeaders,
    @CurrentPrincipal() principal: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<IngestResult | IngestBatchResult> {
    const mediaType = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? '';
    if (mediaType === CLOUD_EVENT_BATCH_MEDIA_TYPE) {
      const result = await this.publishBatch(body, principal);
      reply.status(result.rejected > 0 ? 207 : 200);
      return result;
    }
    reply.status(202);
    return this.publishOne(
      mediaType === CLOUD_EVENT_MEDIA_TYPE ? parseStructured(body) : parseEither(headers, body),
      principal,
    );
  }

  private async publishOne(event: CloudEvent, principal: Principal): Promise<IngestResult> {
    const tenant = tenantOfRequest(principal, event.tenantid);
    return this.ingestion.ingest(event, tenant, `key:${principal.keyId}`);
  }

  private async publishBatch(body: unknown, principal: Principal): Promise<IngestBatchResult> {
    if (!Array.isArray(body)) throw new BatchMalformed();
    if (body.length > MAX_BATCH_ITEMS) throw new BatchTooLarge(body.length, MAX_BATCH_ITEMS);
    // All at once, in order: the log commits them together.
    const items = await Promise.all(body.map((item: unknown) => this.publishItem(item, principal)));
    const count = (status: IngestResult['status']): number => items.filter((item) => item.status === status).length;
    return {
      accepted: count('accepted'),
      duplicates: count('duplicate'),
      rejected: count('rejected'),
      items,
      ...writtenPosition(),
    };
  }

  private async publishItem(item: unknown, principal: Principal): Promise<IngestResult> {
    try {
      return await this.publishOne(parseStructured(item), principal);
    } catch (error) {
      const context = currentRequestContext();
      const { problem, log } = problemFrom(error, {
        requestId: context?.requestId ?? '',
        correlationId: context?.correlationId ?? '',
        traceId: context?.traceId ?? '',
      });
      if (log === 'error') this.logger.error({ err: error }, 'an event of a batch could not be stored');
      return { ...identityOf(item), status: 'rejected', problem };
    }
  }
}

/** `application/json` is binary mode when `ce-` headers say so, else a structured event with the everyday media type. */
function parseEither(headers: RequestHeaders, body: unknown): CloudEvent {
  return Object.keys(headers).some((name) => name.startsWith('ce-'))
    ? parseBinary(headers, body)
    : parseStructured(body);
}

function identityOf(item: unknown): { readonly id: string; readonly source: string } {
  const text = (name: string): string => {
    if (typeof item !== 'object' || item === null) return '';
    const value: unknown = Object.entries(item).find(([key]) => key === name)?.[1];
    return typeof value === 'string' ? value.slice(0, 255) : '';
  };
  return { id: text('id'), source: text('source') };
}
