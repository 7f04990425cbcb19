import type { Queryable, Transaction } from '#libs/event-store';
import { correlationId, DomainError, streamId, tenantId } from '#libs/kernel';
import type { CloudEvent } from '#libs/contracts';
import { isAnswered, PublishedCounted } from './counted.ts';

/** What the handler needs to know of a message. */
export type Delivered = Readonly<{ event: CloudEvent; place?: Readonly<{ position: number; epoch: number }> }>;

/** What can never succeed, until somebody does something about it. */
class PoisonRefused extends DomainError {
  readonly kind = 'refused';
  readonly code = 'faults/poisoned';

  constructor(poison: string) {
    super(`The event holds ${poison}. The run cures it.`);
  }
}

const INSERT = `insert into effects (event, stream, version, position, epoch, instance) values ($1, $2, $3, $4, $5, $6)`;

/** The consumer's handler: notes the event, and for some appends an event of the consumer's own. */
export async function handleCounted(delivered: Delivered, transaction: Transaction, instance: string): Promise<void> {
  const { event } = delivered;
  const data = PublishedCounted.parse(event.data);
  if (data.poison) await refuseUnlessCured(transaction, data.poison);
  // In a statement, since a transaction that says nothing for long is ended by the server.
  if (data.slowMs !== undefined) await transaction.query('select pg_sleep($1)', [data.slowMs / 1_000]);
  await noteEffect(transaction, delivered, instance);
  if (!isAnswered(data.number)) return;
  transaction.append({
    tenant: tenantId('demo'),
    streamId: streamId('answer', data.stream),
    expected: 'any',
    events: [{ type: 'answered', typeVersion: 1, data: { cause: event.id } }],
    metadata: { correlationId: correlationId('bus-faults'), actor: instance, occurredAt: '2026-01-01T12:00:00.000Z' },
  });
}

async function noteEffect(database: Queryable, { event, place }: Delivered, instance: string): Promise<void> {
  const { stream, version } = PublishedCounted.parse(event.data);
  await database.query(INSERT, [event.id, stream, version, place?.position, place?.epoch, instance]);
}

async function refuseUnlessCured(
  transaction: Queryable,
  { name, kind }: NonNullable<PublishedCounted['poison']>,
): Promise<void> {
  const cures = await transaction.query('select from cures where poison = $1', [name]);
  if (cures.length > 0) return;
  throw kind === 'refused' ? new PoisonRefused(name) : new Error(`The event holds ${name}. The run cures it.`);
}
