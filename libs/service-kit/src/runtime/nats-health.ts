import {
  inspectStreams,
  readDurability,
  type Bus,
  type Durability,
  type StreamLimits,
  type StreamTrouble,
  type UnsupportedFeature,
} from '#libs/messaging';
import { redactText } from '#libs/observability';
import { HOUR_MS, SECOND_MS, type Clock } from '#libs/kernel';
import type { BaseConfiguration } from '../configuration/base-configuration.ts';
import type { ComponentHealth, HealthIndicator } from '../health/health-indicator.ts';

export type NatsHealthOptions = Readonly<{
  bus: Bus;
  clock: Clock;
  limits: StreamLimits;
  monitoringUrl: string | undefined;
  /** What the configuration asks for and the server does not have. */
  unsupported: readonly UnsupportedFeature[];
}>;

export type NatsLook =
  Readonly<{ durability: Durability; troubles: readonly StreamTrouble[] }> | Readonly<{ error: string }>;

/** How old what is known of the streams and the durability may be. */
const LOOK_AGAIN_MS = 30 * SECOND_MS;

/** What an operator decided about the streams. */
export function streamLimits(configuration: BaseConfiguration): StreamLimits {
  return {
    replicas: configuration.STREAM_REPLICAS,
    maxAgeMs: configuration.STREAM_MAX_AGE_HOURS * HOUR_MS,
    maxBytes: configuration.STREAM_MAX_BYTES,
    compression: configuration.STREAM_COMPRESSION,
  };
}

/**
 * NATS as `/health` shows it: unhealthy when it does not answer; degraded when a stream is otherwise than configured, the server
 * lacks a feature that was asked for, or the monitoring page does not tell. Streams and durability are looked at in the
 * background, since no probe should wait for them.
 */
export class NatsHealth implements HealthIndicator {
  readonly name = 'nats';
  readonly required = true;
  readonly #options: NatsHealthOptions;
  #look: NatsLook | undefined;
  #lookedAtMs = -Infinity;
  #looking: Promise<void> | undefined;

  constructor(options: NatsHealthOptions) {
    this.#options = options;
  }

  /** Looks at the streams and the durability now. Never rejects. */
  async look(): Promise<Durability | undefined> {
    await (this.#looking ??= this.#lookOnce());
    return this.#look && 'durability' in this.#look ? this.#look.durability : undefined;
  }

  async check(): Promise<ComponentHealth> {
    const { bus, clock, unsupported } = this.#options;
    const latencyMs = await bus.ping();
    if (clock.now().getTime() - this.#lookedAtMs >= LOOK_AGAIN_MS) void this.look();
    return { latencyMs, version: bus.serverVersion, ...conditionOf(this.#look, unsupported) };
  }

  async #lookOnce(): Promise<void> {
    const { bus, clock, limits, monitoringUrl, unsupported } = this.#options;
    try {
      const [durability, troubles] = await Promise.all([
        readDurability(bus, monitoringUrl),
        inspectStreams(bus, limits, unsupported),
      ]);
      this.#look = { durability, troubles };
    } catch (error) {
      this.#look = { error: redactText(error instanceof Error ? error.message : String(error)) };
    }
    this.#lookedAtMs = clock.now().getTime();
    this.#looking = undefined;
  }
}

/** What a look at the server means for health. */
export function conditionOf(look: NatsLook | undefined, unsupported: readonly UnsupportedFeature[]): ComponentHealth {
  const lacking = unsupported.length === 0 ? {} : { unsupported: unsupported.map(sentence) };
  if (look === undefined || 'error' in look) {
    return { status: statusOf({ ...look, ...lacking }), ...look, ...lacking };
  }
  const { durability, troubles } = look;
  const streams = troubles.length === 0 ? {} : { streams: troubles };
  const problem = durability.problem === undefined ? {} : { problem: durability.problem };
  return { status: statusOf({ ...streams, ...lacking, ...problem }), durability, ...streams, ...lacking };
}

function statusOf(troubles: object): ComponentHealth['status'] {
  return Object.keys(troubles).length === 0 ? 'healthy' : 'degraded';
}

function sentence({ kind, name, field, wanted, reason }: UnsupportedFeature): string {
  return `${kind} ${name} is without ${field} ${wanted}: ${reason}`;
}
