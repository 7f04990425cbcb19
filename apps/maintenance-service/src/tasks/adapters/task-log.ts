import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, type CommandOutcome, type EventStore, type Transaction } from '#libs/event-store';
import {
  streamId,
  tenantId,
  type Clock,
  type CommandMeta,
  type IdSource,
  type StreamId,
  type TenantId,
} from '#libs/kernel';
import { CLOCK, CONFIGURATION, EVENT_STORE, eventMetadata, IDS, type BaseConfiguration } from '#libs/service-kit';
import { maintenanceTaskDecider, type MaintenanceTaskCommand } from '../domain/maintenance-task.decider.ts';
import type { MaintenanceTask, MaintenanceTaskEvent } from '../domain/maintenance-task.ts';
import { streamKeyOf, type TaskKey } from '../domain/task-ids.ts';
import { taskEventCodec } from './task-event.codec.ts';

/** The service itself, as actor. */
export const SERVICE_ACTOR = 'service:maintenance';

/** Tasks in the log. They belong to the installation, hence to its default tenant. */
@Injectable()
export class TaskLog {
  private readonly handler: CommandHandler<MaintenanceTask, MaintenanceTaskCommand, MaintenanceTaskEvent>;
  readonly tenant: TenantId;

  constructor(
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
    @Inject(CONFIGURATION) { DEFAULT_TENANT }: BaseConfiguration,
  ) {
    this.handler = new CommandHandler(store, maintenanceTaskDecider, taskEventCodec);
    this.tenant = tenantId(DEFAULT_TENANT);
  }

  /** What a command of this moment carries. */
  meta(by = SERVICE_ACTOR): CommandMeta {
    return { at: this.clock.now(), by };
  }

  async load(key: TaskKey): Promise<MaintenanceTask> {
    const { state } = await this.handler.load(this.target(key));
    return state;
  }

  /** @throws DomainError when the rules refuse */
  handle(command: MaintenanceTaskCommand): Promise<CommandOutcome<MaintenanceTask>> {
    const metadata = eventMetadata({ clock: this.clock, ids: this.ids, actor: command.meta.by });
    return this.handler.handle(this.target(command.data.key), command, metadata);
  }

  /**
   * Decides now and appends with the transaction, at the version that was loaded; should somebody else write meanwhile, the
   * transaction fails as a whole.
   * @returns `unknown` when the log has no such task
   */
  async handleWithin(
    transaction: Transaction,
    command: MaintenanceTaskCommand,
    causationId: string,
  ): Promise<'unknown' | 'handled'> {
    const target = this.target(command.data.key);
    const { state, version } = await this.handler.load(target);
    if (version === 0) return 'unknown';
    const events = maintenanceTaskDecider.decide(command, state).map((event) => taskEventCodec.encode(event));
    const metadata = eventMetadata({ clock: this.clock, ids: this.ids, actor: command.meta.by, causationId });
    if (events.length > 0) transaction.append({ ...target, expected: version, events, metadata });
    return 'handled';
  }

  private target(key: TaskKey): Readonly<{ tenant: TenantId; streamId: StreamId }> {
    return { tenant: this.tenant, streamId: streamId('task', streamKeyOf(key)) };
  }
}
