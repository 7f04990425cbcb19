import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, type EventStore, type RecordedEvent } from '#libs/event-store';
import { streamId, type Clock, type IdSource, type TenantId } from '#libs/kernel';
import type { Metrics } from '#libs/observability';
import { CLOCK, EVENT_STORE, eventMetadata, IDS, METRICS } from '#libs/service-kit';
import { backupCodec } from '../adapters/backup-codec.ts';
import { backupDecider } from '../domain/backup.decider.ts';
import { BackupNotFound } from '../domain/backup.errors.ts';
import type { Backup, BackupCommand, BackupEvent } from '../domain/backup.ts';

export type BackupRef = Readonly<{ tenant: TenantId; backupId: string }>;

/** A command without its time and its speaker, which are the same for all that the worker issues. */
export type BackupOrder = BackupCommand extends infer One
  ? One extends BackupCommand
    ? Omit<One, 'meta'>
    : never
  : never;

const ACTOR = 'service:recovery';

/** What the worker decides about a backup, in the name of the service. */
@Injectable()
export class BackupCommands {
  private readonly handler: CommandHandler<Backup, BackupCommand, BackupEvent>;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {
    this.handler = new CommandHandler(store, backupDecider, backupCodec);
  }

  async load(ref: BackupRef): Promise<Backup> {
    return (await this.handler.load(targetOf(ref))).state;
  }

  /** The event that the backup began with. @throws BackupNotFound */
  async origin(ref: BackupRef): Promise<RecordedEvent> {
    const { tenant, streamId: stream } = targetOf(ref);
    const [first] = await this.store.readStream(tenant, stream);
    if (!first) throw new BackupNotFound(ref.backupId);
    return first;
  }

  /** @returns the backup after the order. @throws BackupElsewhere, AttemptSuperseded, StoreUnavailable */
  async issue(ref: BackupRef, order: BackupOrder, causationId: string): Promise<Backup> {
    const metadata = eventMetadata({ clock: this.clock, ids: this.ids, actor: ACTOR, causationId });
    const meta = { at: this.clock.now(), by: ACTOR };
    const { state, appended } = await this.handler.handle(targetOf(ref), { ...order, meta }, metadata);
    const isOver = state.status === 'verified' || state.status === 'failed';
    if (appended && isOver) this.metrics.backups.add(1, { outcome: state.status });
    return state;
  }
}

function targetOf({
  tenant,
  backupId,
}: BackupRef): Parameters<CommandHandler<Backup, BackupCommand, BackupEvent>['load']>[0] {
  return { tenant, streamId: streamId('backup', backupId) };
}
