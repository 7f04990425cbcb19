import { Inject, Injectable } from '@nestjs/common';
import { DomainError, type TenantId } from '#libs/kernel';
import type {
  DecisionCause,
  DecisionDetail,
  DecisionItem,
  DecisionListQuery,
  DecisionPage,
  Page,
} from '#libs/contracts';
import { position, type EventStore, type RecordedEvent } from '#libs/event-store';
import { DATA_SOURCE, EVENT_STORE, pageOfRows, placeOfCursor } from '#libs/service-kit';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { contractTypeOf } from '../../../log-events.ts';
import { standing } from '../../../read-snapshot.ts';
import { DecisionEntity } from './decision.entity.ts';
import { decisionRows } from './decision.projection.ts';

/** No decision of this tenant has the id. */
export class DecisionNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'decision/not-found';

  constructor(decisionId: string) {
    super(`There is no decision ${decisionId}.`);
  }
}

/** What was decided, newest first. */
@Injectable()
export class DecisionsQuery {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  /** Index: decisions_by_position. @throws RequestInvalid for a cursor that this list did not give */
  list(tenant: TenantId, query: DecisionListQuery): Promise<DecisionPage> {
    return standing(this.dataSource, [decisionRows.name], (snapshot) => page(snapshot, tenant, query));
  }

  /** @throws DecisionNotFound */
  async show(tenant: TenantId, decisionId: string): Promise<DecisionDetail> {
    const row = await this.dataSource.getRepository(DecisionEntity).findOneBy({ tenant, decisionId });
    if (!row) throw new DecisionNotFound(decisionId);
    const causes = await this.store.readByPositions(row.evidencePositions.map((one) => position(one)));
    return { ...item(row), events: causes.map(cause) };
  }
}

function item({ decision, tenant, position: at, correlationId, traceId, recordedAt }: DecisionEntity): DecisionItem {
  return {
    ...decision,
    tenant,
    position: at,
    correlationId,
    ...(traceId === null ? {} : { traceId }),
    recordedAt: recordedAt.toISOString(),
  };
}

function cause(event: RecordedEvent): DecisionCause {
  const { metadata, data, position: at } = event;
  return {
    id: metadata.sourceId ?? event.id,
    source: metadata.source ?? 'urn:steward:agent',
    type: contractTypeOf(event),
    ...(metadata.subject === undefined ? {} : { subject: metadata.subject }),
    time: metadata.occurredAt,
    position: at,
    data,
  };
}

async function page(snapshot: EntityManager, tenant: TenantId, query: DecisionListQuery): Promise<Page<DecisionItem>> {
  const search = snapshot
    .getRepository(DecisionEntity)
    .createQueryBuilder('decision')
    .where('decision.tenant = :tenant', { tenant })
    .orderBy('decision.position', 'DESC')
    .take(query.limit + 1);
  if (query.after !== undefined)
    search.andWhere('decision.position < :before', { before: placeOfCursor(query.after, z.int().positive()) });
  if (query.agent !== undefined) search.andWhere('decision.agentId = :agent', { agent: query.agent });
  if (query.type !== undefined) search.andWhere('decision.decisionType = :type', { type: query.type });
  if (query.decidedBy !== undefined) search.andWhere('decision.decidedBy = :by', { by: query.decidedBy });
  if (query.subject !== undefined) search.andWhere('decision.subjectRef = :subject', { subject: query.subject });
  if (query.minConfidence !== undefined)
    search.andWhere('decision.confidence >= :least', { least: query.minConfidence });
  if (query.maxConfidence !== undefined) search.andWhere('decision.confidence <= :most', { most: query.maxConfidence });
  if (query.from !== undefined) search.andWhere('decision.decidedAt >= :from', { from: query.from });
  if (query.to !== undefined) search.andWhere('decision.decidedAt < :to', { to: query.to });
  const rows = await search.getMany();
  return pageOfRows({ rows, limit: query.limit, itemOf: item, placeOf: (row) => row.position });
}
