import { Controller, Inject } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { agentIdSchema, ALL_HEARTBEATS, heartbeatSchema, type Heartbeat } from '#libs/contracts';
import { CONFIGURATION } from '#libs/service-kit';
import type { HealthConfiguration } from '../../config.ts';
import { HeartbeatBoard, OWN_COMPONENT } from '../adapters/heartbeat-board.ts';

/** Of an interval: heartbeats that are due each second may be a little early. */
const LEAST_PAUSE = 0.9;
/** Own heartbeats that may be missing before the listening counts as interrupted. */
const OWN_INTERVALS = 3;

/** How old this service's own last heartbeat may be for it to trust its ears. */
export function ownGapMs({
  HEARTBEAT_INTERVAL_MS,
  AGENT_SILENT_AFTER_MS,
}: Pick<HealthConfiguration, 'HEARTBEAT_INTERVAL_MS' | 'AGENT_SILENT_AFTER_MS'>): number {
  return Math.min(OWN_INTERVALS * HEARTBEAT_INTERVAL_MS, AGENT_SILENT_AFTER_MS);
}

/** Writes each component's heartbeat down, at most once an interval: a flood costs no more than a drip. */
@Controller()
export class HeartbeatsReaction {
  private readonly written = new Map<string, { readonly atMs: number; readonly status: string }>();

  constructor(
    private readonly board: HeartbeatBoard,
    @Inject(CONFIGURATION) private readonly configuration: HealthConfiguration,
  ) {}

  @EventPattern(ALL_HEARTBEATS)
  async record(@Payload() text: string): Promise<void> {
    const heartbeat = heartbeatSchema.parse(JSON.parse(text));
    if (heartbeat.kind === 'agent') agentIdSchema.parse(heartbeat.component);
    if (!this.isDue(heartbeat)) return;
    const { AGENT_SILENT_AFTER_MS } = this.configuration;
    const isOwn = heartbeat.kind === 'service' && heartbeat.component === OWN_COMPONENT;
    await this.board.record(heartbeat, isOwn ? ownGapMs(this.configuration) : AGENT_SILENT_AFTER_MS);
  }

  /** A changed status is always written. */
  private isDue({ kind, component, status }: Heartbeat): boolean {
    const key = `${kind}/${component}`;
    const atMs = performance.now();
    const last = this.written.get(key);
    const leastPauseMs = LEAST_PAUSE * Math.min(this.configuration.HEARTBEAT_INTERVAL_MS, 1_000);
    if (last?.status === status && atMs - last.atMs < leastPauseMs) return false;
    this.written.set(key, { atMs, status });
    return true;
  }
}
