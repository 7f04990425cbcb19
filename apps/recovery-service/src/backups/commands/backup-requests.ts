import { Inject, Injectable } from '@nestjs/common';
import { streamId, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import { position, type Append, type EventStore } from '#libs/event-store';
import { CLOCK, EVENT_STORE, eventMetadata, IDS } from '#libs/service-kit';
import { backupCodec } from '../adapters/backup-codec.ts';
import { backupDecider } from '../domain/backup.decider.ts';
import type { RequestBackup } from '../domain/backup.ts';

export type BackupWish = Readonly<{
  tenant: TenantId;
  /** `key:ops-1`, `service:maintenance` */
  by: string;
  reason?: string | undefined;
  /** The maintenance task that this is for: it gets one backup, however often it asks. */
  taskId?: string | undefined;
  /** The same key gives the same backup. */
  idempotencyKey?: string | undefined;
  /** Id of the event that caused this. */
  causationId?: string | undefined;
}>;

/** Puts requests for backups into the log; the worker finds them there. */
@Injectable()
export class BackupRequests {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
    @Inject(EVENT_STORE) private readonly store: EventStore,
  ) {}

  /** An append that makes at most one backup of each task and of each idempotency key. */
  appendFor(wish: BackupWish): Append {
    const { tenant, by, reason, taskId, causationId } = wish;
    const backupId = this.ids.next();
    const command: RequestBackup = {
      type: 'request-backup',
      data: {
        backupId,
        ...(taskId === undefined ? {} : { taskId }),
        ...(reason === undefined ? {} : { reason }),
      },
      meta: { at: this.clock.now(), by },
    };
    return {
      tenant,
      streamId: streamId('backup', backupId),
      expected: 'no-stream',
      events: backupDecider.decide(command, backupDecider.initialState).map((event) => backupCodec.encode(event)),
      metadata: eventMetadata({ clock: this.clock, ids: this.ids, actor: by, causationId }),
      ...keyOf(wish),
    };
  }

  /**
   * Requests a backup now.
   * @returns its id; that of the first request when the idempotency key was used before
   * @throws IdempotencyKeyReused when it was used with another reason
   */
  async request(wish: BackupWish): Promise<string> {
    const { firstPosition } = await this.store.append(this.appendFor(wish));
    const [event] = await this.store.readByPositions([position(firstPosition)]);
    if (!event) throw new Error(`The event at position ${firstPosition} was just appended and cannot be read.`);
    const started = backupCodec.decode(event);
    return started.data.backupId;
  }
}

/** The id is new each time, so what counts as the same content is said here. */
function keyOf({ taskId, idempotencyKey, reason }: BackupWish): Pick<Append, 'idempotencyKey' | 'fingerprint'> {
  if (taskId !== undefined) return { idempotencyKey: `backup-task:${taskId}`, fingerprint: taskId };
  if (idempotencyKey === undefined) return {};
  return { idempotencyKey: `backup-request:${idempotencyKey}`, fingerprint: reason ?? '' };
}
