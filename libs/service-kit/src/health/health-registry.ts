import type { Clock } from '#libs/kernel';
import { redactText } from '#libs/observability';
import type { ComponentHealth, HealthIndicator, HealthReport, HealthStatus } from './health-indicator.ts';

export type HealthRegistryOptions = Readonly<{
  clock: Clock;
  /** How long one component may take to answer; default 2 s. */
  timeoutMs?: number;
  /** How long an answer is reused, so that probes cannot become a load; default 1 s. */
  cacheMs?: number;
}>;

/** Asks all components at once, at most once a second, however many probes there are. */
export class HealthRegistry {
  readonly #indicators = new Map<string, HealthIndicator>();
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #cacheMs: number;
  #latest: { readonly askedAtMs: number; readonly report: Promise<HealthReport> } | undefined;
  #isStopping = false;

  constructor({ clock, timeoutMs = 2_000, cacheMs = 1_000 }: HealthRegistryOptions) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#cacheMs = cacheMs;
  }

  /** @throws Error when another indicator has the name */
  register(indicator: HealthIndicator): void {
    if (this.#indicators.has(indicator.name)) {
      throw new Error(`Two health indicators are named "${indicator.name}". Give each component its own name.`);
    }
    this.#indicators.set(indicator.name, indicator);
    this.#latest = undefined;
  }

  /** From now on the service is not ready, whatever its components say. Cannot be undone. */
  beginShutdown(): void {
    this.#isStopping = true;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** How everything is. Never rejects. */
  report(): Promise<HealthReport> {
    const nowMs = this.#clock.now().getTime();
    if (this.#latest && nowMs - this.#latest.askedAtMs < this.#cacheMs) return this.#latest.report;
    const report = this.#askAll(new Date(nowMs).toISOString());
    this.#latest = { askedAtMs: nowMs, report };
    return report;
  }

  /** Whether work may be sent here: not stopping, and no required component is unhealthy. */
  async isReady(): Promise<boolean> {
    if (this.#isStopping) return false;
    const { status } = await this.report();
    return status !== 'unhealthy' && !this.isStopping;
  }

  async #askAll(timestamp: string): Promise<HealthReport> {
    const indicators = [...this.#indicators.values()];
    const answers = await Promise.all(indicators.map((indicator) => this.#ask(indicator)));
    const components = Object.fromEntries(indicators.map(({ name }, index) => [name, answers[index] ?? UNKNOWN]));
    return { status: overall(indicators, components), timestamp, components };
  }

  async #ask(indicator: HealthIndicator): Promise<ComponentHealth> {
    const abort = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<ComponentHealth>((resolve) => {
      timer = setTimeout(() => {
        resolve({ status: 'unhealthy', error: `gave no answer within ${this.#timeoutMs} ms` });
        abort.abort();
      }, this.#timeoutMs);
    });
    try {
      return await Promise.race([asked(indicator, abort.signal), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Characters of a driver's message that are shown. */
const LONGEST_ERROR = 500;
const UNKNOWN: ComponentHealth = { status: 'unhealthy', error: 'was not asked' };

async function asked(indicator: HealthIndicator, signal: AbortSignal): Promise<ComponentHealth> {
  try {
    return await indicator.check(signal);
  } catch (error) {
    return {
      status: 'unhealthy',
      error: redactText(error instanceof Error ? error.message : String(error)).slice(0, LONGEST_ERROR),
    };
  }
}

function overall(
  indicators: readonly HealthIndicator[],
  components: Readonly<Record<string, ComponentHealth>>,
): HealthStatus {
  const statusOf = ({ name }: HealthIndicator): HealthStatus => components[name]?.status ?? 'unhealthy';
  if (indicators.some((indicator) => indicator.required && statusOf(indicator) === 'unhealthy')) return 'unhealthy';
  return indicators.some((indicator) => statusOf(indicator) !== 'healthy') ? 'degraded' : 'healthy';
}
