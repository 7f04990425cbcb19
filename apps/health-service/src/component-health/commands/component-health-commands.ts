import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, type EventMetadata, type Transaction } from '#libs/event-store';
import { tenantId, type StreamId, type TenantId } from '#libs/kernel';
import { eventMetadata, RUNTIME, type Runtime } from '#libs/service-kit';
import type { HealthConfiguration } from '../../config.ts';
import { componentHealthCodec, componentHealthSnapshots, componentStream } from '../adapters/component-health.codec.ts';
import { componentHealthDecider, type ComponentHealthCommand } from '../domain/component-health.decider.ts';
import type { ComponentHealth, ComponentHealthEvent } from '../domain/component-health.ts';
import type { HealthPolicy } from '../domain/heartbeat-verdict.ts';

/** Puts commands on the health of agents and services to the decider. */
@Injectable()
export class ComponentHealthCommands {
  readonly policy: HealthPolicy;
  /** Agents serve every tenant, so their health belongs to the installation's own. */
  readonly tenant: TenantId;
  private readonly handler: CommandHandler<ComponentHealth, ComponentHealthCommand, ComponentHealthEvent>;

  constructor(@Inject(RUNTIME) private readonly runtime: Runtime<HealthConfiguration>) {
    const { store, snapshots, configuration } = runtime;
    const form = componentHealthSnapshots;
    this.handler = new CommandHandler(store, componentHealthDecider, componentHealthCodec, { snapshots, form });
    this.tenant = tenantId(configuration.DEFAULT_TENANT);
    this.policy = {
      silentAfterMs: configuration.AGENT_SILENT_AFTER_MS,
      recoveredAfterHeartbeats: configuration.RECOVERED_AFTER_HEARTBEATS,
      failuresUntilUnhealthy: configuration.AGENT_FAILURES_UNTIL_UNHEALTHY,
    };
  }

  /** Decides and appends at once; of several replicas one wins, and the others then see nothing to do. */
  async handle(command: ComponentHealthCommand): Promise<void> {
    await this.handler.handle(this.target(command), command, this.metadata(command, undefined));
  }

  /** Decides, and appends with the transaction: a conflict rolls it back, and its work comes again. */
  async handleWithin(transaction: Transaction, command: ComponentHealthCommand, causationId: string): Promise<void> {
    const target = this.target(command);
    const { state, version } = await this.handler.load(target);
    const events = componentHealthDecider.decide(command, state);
    if (events.length === 0) return;
    transaction.append({
      ...target,
      expected: version === 0 ? 'no-stream' : version,
      events: events.map((event) => componentHealthCodec.encode(event)),
      metadata: this.metadata(command, causationId),
    });
  }

  private target({ data }: ComponentHealthCommand): { readonly tenant: TenantId; readonly streamId: StreamId } {
    return { tenant: this.tenant, streamId: componentStream(data.subject) };
  }

  private metadata({ meta }: ComponentHealthCommand, causationId: string | undefined): EventMetadata {
    const { clock, ids } = this.runtime;
    return eventMetadata({ clock, ids, actor: 'service:health', causationId, occurredAt: meta.at.toISOString() });
  }
}
