import type { Queryable } from '#libs/event-store';
import type { TenantId } from '#libs/kernel';
import type { Bus } from '../bus.ts';
import type { DeadLetterDetail, DeadLetterItem, DeadLetterState, RedriveRequest } from './dead-letter-item.ts';
import { DeadLetterNotDead, DeadLetterNotFound } from './dead-letter.errors.ts';
import {
  BLOCKED_STREAMS,
  DISCARD,
  LIST,
  ONE,
  REDRIVE,
  REDRIVE_MANY,
  STATE_OF,
  type DetailRow,
  type ItemRow,
} from './dead-letters.sql.ts';

/** Whose messages are meant: those of a tenant, or all, those that name no tenant included. */
export type DeadLetterScope = TenantId | '*';

export type DeadLetterDeskOptions = Readonly<{
  database: Queryable;
  /** Tells whoever holds the slots to look at once. */
  bus: Pick<Bus, 'isConnected' | 'publish'>;
  /** The service, as its consumers name their group. */
  group: string;
}>;

/** One page is wanted: at most `limit` rows after the one with the id `after`. */
type Cut = Readonly<{ limit: number; after?: number | undefined }>;

export type DeadLetterFilter = Cut &
  Readonly<{ state?: DeadLetterState | undefined; consumer?: string | undefined; code?: string | undefined }>;

/** `parked.<group>`: whoever holds slots of the group looks at what is put aside, at once. */
export const parkedSubject = (group: string): string => `parked.${group}`;

/**
 * Where people look at the messages that a service's consumers put aside, and decide what becomes of the dead ones.
 * It changes nothing but dead messages, and leaves the handling of them to the consumers. All methods throw
 * StoreUnavailable when the database does not answer.
 */
export class DeadLetterDesk {
  private readonly options: DeadLetterDeskOptions;

  constructor(options: DeadLetterDeskOptions) {
    this.options = options;
  }

  /** Newest first. Without a state all but the discarded ones. */
  async list(scope: DeadLetterScope, filter: DeadLetterFilter): Promise<readonly DeadLetterItem[]> {
    const { state, consumer, code, after, limit } = filter;
    return this.items(LIST, [scope, state, consumer, code, after, limit]);
  }

  /** The message that each blocked stream waits for, the oldest first. */
  async blocked(
    scope: DeadLetterScope,
    { consumer, after, limit }: Cut & Pick<DeadLetterFilter, 'consumer'>,
  ): Promise<readonly DeadLetterItem[]> {
    return this.items(BLOCKED_STREAMS, [scope, consumer, after, limit]);
  }

  /** @throws DeadLetterNotFound */
  async get(scope: DeadLetterScope, id: number): Promise<DeadLetterDetail> {
    const [row] = await this.options.database.query<DetailRow>(ONE, [scope, id]);
    if (!row) throw new DeadLetterNotFound(id);
    return detailOf(row);
  }

  /**
   * Has a dead message tried again, with as many attempts as a new one.
   * @throws DeadLetterNotFound DeadLetterNotDead
   */
  async redrive(scope: DeadLetterScope, id: number): Promise<DeadLetterItem> {
    return this.decided(scope, id, await this.items(REDRIVE, [scope, id]));
  }

  /** Has all dead messages tried again for which everything that is named holds. @returns how many */
  async redriveMany(scope: DeadLetterScope, { consumer, code, failedBefore }: RedriveRequest): Promise<number> {
    // As a date, since Postgres does not read every year that ISO 8601 writes.
    const before = failedBefore === undefined ? null : new Date(failedBefore);
    const values = [scope, consumer, code, before];
    const [row] = await this.options.database.query<{ redriven: number }>(REDRIVE_MANY, values);
    const redriven = row?.redriven ?? 0;
    if (redriven > 0) this.wakeHolders();
    return redriven;
  }

  /**
   * Gives a dead message up for good: it never has an effect, and what waits behind it goes on. It stays, with who and why.
   * @throws DeadLetterNotFound DeadLetterNotDead
   */
  async discard(
    scope: DeadLetterScope,
    id: number,
    { by, reason }: Readonly<{ by: string; reason: string }>,
  ): Promise<DeadLetterItem> {
    return this.decided(scope, id, await this.items(DISCARD, [scope, id, by, reason]));
  }

  private async items(statement: string, values: readonly unknown[]): Promise<readonly DeadLetterItem[]> {
    const rows = await this.options.database.query<ItemRow>(statement, values);
    return rows.map(itemOf);
  }

  private async decided(
    scope: DeadLetterScope,
    id: number,
    [changed]: readonly DeadLetterItem[],
  ): Promise<DeadLetterItem> {
    if (changed) {
      this.wakeHolders();
      return changed;
    }
    const [found] = await this.options.database.query<{ state: DeadLetterState }>(STATE_OF, [scope, id]);
    throw found ? new DeadLetterNotDead(id, found.state) : new DeadLetterNotFound(id);
  }

  private wakeHolders(): void {
    const { bus, group } = this.options;
    // Without a connection the wake-up would arrive late and for nothing: the holders look by themselves, too.
    if (bus.isConnected) bus.publish(parkedSubject(group), '');
  }
}

const instantOf = (time: Date | null): string | null => time?.toISOString() ?? null;

function itemOf(row: ItemRow): DeadLetterItem {
  const { settled_by: by, settled_reason: reason, settled_at: at } = row;
  return {
    deadLetterId: row.id,
    state: row.state,
    consumer: row.consumer,
    source: row.source,
    epoch: row.epoch,
    position: row.position,
    subject: row.subject,
    tenant: row.tenant,
    stream: row.stream_key,
    code: row.code,
    reason: row.reason,
    attempts: row.attempts,
    parkedAt: row.parked_at.toISOString(),
    lastAttemptAt: instantOf(row.last_attempt_at),
    nextAttemptAt: instantOf(row.next_attempt_at),
    blocks: { waiting: row.waiting, oldest: row.oldest, since: instantOf(row.since) },
    settled: by === null || reason === null || at === null ? null : { by, reason, at: at.toISOString() },
  };
}

function detailOf(row: DetailRow): DeadLetterDetail {
  const { behind, behind_state: state } = row;
  return {
    ...itemOf(row),
    violations: [...(row.violations ?? [])],
    announcedAt: instantOf(row.announced_at),
    behind: behind === null || state === null ? null : { deadLetterId: behind, state },
    message: { headers: row.headers, ...contentOf(row.payload) },
  };
}

/** Bytes that are no text, which may be why the message is here, are shown as they are. */
function contentOf(payload: Buffer): Pick<DeadLetterDetail['message'], 'encoding' | 'body'> {
  const body = payload.toString('utf8');
  if (Buffer.from(body, 'utf8').equals(payload)) return { encoding: 'utf-8', body };
  return { encoding: 'base64', body: payload.toString('base64') };
}
