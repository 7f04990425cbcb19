export type HealthStatus = 'healthy' | 'degraded' | 'unhealthy';

/** How one component is, with whatever else helps (`latencyMs`, one entry per agent, ...). No secrets: everyone can read it. */
export type ComponentHealth = Readonly<{ status: HealthStatus } & Record<string, unknown>>;

/** Looks after one component; named as it appears in `/health`. */
export interface HealthIndicator {
  readonly name: string;
  /** Whether the service cannot work without it. */
  readonly required: boolean;
  /**
   * Asks the component itself. A throw means unhealthy.
   * @param signal aborted when the answer comes too late to matter
   */
  check(signal: AbortSignal): Promise<ComponentHealth>;
}

/** What `/health` answers. */
export type HealthReport = Readonly<{
  /** unhealthy: a required component is; degraded: any other trouble. */
  status: HealthStatus;
  /** When the components were asked, ISO 8601 in UTC. */
  timestamp: string;
  components: Readonly<Record<string, ComponentHealth>>;
}>;
