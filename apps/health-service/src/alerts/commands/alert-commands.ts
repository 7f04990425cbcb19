import { Inject, Injectable } from '@nestjs/common';
import {
  CommandHandler,
  type CommandTarget,
  type EventMetadata,
  type EventStore,
  type Snapshots,
  type Transaction,
} from '#libs/event-store';
import { correlationId, type Clock, type CorrelationId, type IdSource, type TenantId } from '#libs/kernel';
import { CLOCK, EVENT_STORE, eventMetadata, IDS, SNAPSHOTS } from '#libs/service-kit';
import { alertCodec, alertSnapshots, alertStream } from '../adapters/alert.codec.ts';
import { alertDecider, type AlertCommand } from '../domain/alert.decider.ts';
import { AlertNotFound } from '../domain/alert.errors.ts';
import { partsOfAlertId, type Alert, type AlertEvent } from '../domain/alert.ts';

type Loaded = Readonly<{ state: Alert; version: number }>;
type Cause = Readonly<{ id: string; correlationId: CorrelationId }>;

/** Puts commands on alerts to the decider. */
@Injectable()
export class AlertCommands {
  private readonly handler: CommandHandler<Alert, AlertCommand, AlertEvent>;

  constructor(
    @Inject(EVENT_STORE) store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(IDS) private readonly ids: IdSource,
    @Inject(SNAPSHOTS) snapshots: Snapshots,
  ) {
    this.handler = new CommandHandler(store, alertDecider, alertCodec, { snapshots, form: alertSnapshots });
  }

  /** @throws AlertNotFound, AlertAlreadyResolved */
  async acknowledge(
    alert: Readonly<{ tenant: TenantId; alertId: string }>,
    by: string,
    note: string | null,
  ): Promise<void> {
    const parts = partsOfAlertId(alert.alertId);
    if (!parts) throw new AlertNotFound(alert.alertId);
    const { clock, ids } = this;
    await this.handler.handle(
      { tenant: alert.tenant, streamId: alertStream(parts.fingerprint) },
      {
        type: 'acknowledge-alert',
        data: { alertId: alert.alertId, episode: parts.episode, note },
        meta: { at: clock.now(), by },
      },
      eventMetadata({ clock, ids, actor: by }),
    );
  }

  /** Begins the decisions of one transaction. */
  within(transaction: Transaction): AlertDecisions {
    return new AlertDecisions(this.handler, transaction, (command, cause) => this.metadata(command, cause));
  }

  private metadata({ meta }: AlertCommand, cause: Cause): EventMetadata {
    const { clock, ids } = this;
    return eventMetadata({
      clock,
      ids,
      actor: meta.by,
      causationId: cause.id,
      correlationId: correlationId(cause.correlationId),
      occurredAt: meta.at.toISOString(),
    });
  }
}

/** Several decisions of one transaction: each sees what those before it decided, although nothing is stored yet. */
export class AlertDecisions {
  private readonly loaded = new Map<string, Loaded>();

  constructor(
    private readonly handler: CommandHandler<Alert, AlertCommand, AlertEvent>,
    private readonly transaction: Transaction,
    private readonly metadata: (command: AlertCommand, cause: Cause) => EventMetadata,
  ) {}

  async decide(target: CommandTarget, command: AlertCommand, cause: Cause): Promise<void> {
    const key = `${target.tenant}/${target.streamId}`;
    const { state, version } = this.loaded.get(key) ?? (await this.handler.load(target));
    const events = alertDecider.decide(command, state);
    this.loaded.set(key, {
      state: events.reduce((folded, event) => alertDecider.evolve(folded, event), state),
      version: version + events.length,
    });
    if (events.length === 0) return;
    this.transaction.append({
      ...target,
      expected: version === 0 ? 'no-stream' : version,
      events: events.map((event) => alertCodec.encode(event)),
      metadata: this.metadata(command, cause),
    });
  }
}
