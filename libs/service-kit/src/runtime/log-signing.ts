import {
  HeadSigner,
  LeasedWork,
  LogContradictsSignature,
  readSigningState,
  signingKeyFrom,
  WakeSignal,
  type SigningState,
} from '#libs/event-store';
import { MINUTE_MS, SECOND_MS } from '#libs/kernel';
import { reportError } from '#libs/observability';
import type { ComponentHealth } from '../health/health-indicator.ts';
import type { Runtime } from './runtime.module.ts';
import type { BackgroundWork, ServiceName } from './service-definition.ts';

type Needs = Pick<Runtime, 'clock' | 'configuration' | 'database' | 'health' | 'logger' | 'metrics'>;

/** Renewed after a third of it: a signature every few minutes is worth no more traffic. */
const LEASE_TTL_MS = MINUTE_MS;
const RETRY_MS = 30 * SECOND_MS;
/** A log that was never signed is signed soon after its first event, since nothing of it can be proven until then. */
const FIRST_MS = SECOND_MS;

/**
 * Signs the head of the service's log at the start and every `LOG_SIGNING_INTERVAL_MS`, on one instance at a time and only
 * when the head has moved. What goes wrong is logged, counted and seen in `/health`.
 *
 * @throws UnusableSigningKey
 */
export function logSigning(name: ServiceName, runtime: Needs): BackgroundWork {
  const { configuration, database, health, logger } = runtime;
  const { LOG_SIGNING_KEY: text } = configuration;
  const signing = text === undefined ? undefined : new LogSigning(name, runtime, signingKeyFrom(text));
  health.register({
    name: 'log-signing',
    required: false,
    check: async () => {
      const states = await readSigningState(database);
      return signing ? signing.healthOf(states) : { status: 'healthy', signing: 'off', ...details(states) };
    },
  });
  if (signing) return signing;
  logger.warn(
    {},
    'LOG_SIGNING_KEY is not set: heads of the log are not signed, so that nobody could prove that it was not rewritten',
  );
  return { name: 'log signing', start: () => undefined, stop: () => Promise.resolve() };
}

class LogSigning implements BackgroundWork {
  readonly name = 'log signing';
  private readonly log: ServiceName;
  private readonly runtime: Needs;
  private readonly signer: HeadSigner;
  private readonly leased: LeasedWork;
  private failure: unknown;

  constructor(log: ServiceName, runtime: Needs, key: ReturnType<typeof signingKeyFrom>) {
    const { configuration, database } = runtime;
    this.log = log;
    this.runtime = runtime;
    this.signer = new HeadSigner({ database, key });
    this.leased = new LeasedWork({
      database,
      name: 'log-signing',
      owner: configuration.INSTANCE_ID,
      ttlMs: LEASE_TTL_MS,
      work: (signal) => this.signUntil(signal),
      onFailure: (error) => {
        this.failed(error);
      },
    });
  }

  start(): void {
    this.leased.start();
  }

  async stop(): Promise<void> {
    await this.leased.stop();
  }

  healthOf(states: readonly SigningState[]): ComponentHealth {
    const { LOG_SIGNING_INTERVAL_MS: intervalMs } = this.runtime.configuration;
    const lateAfterSeconds = (2 * intervalMs + LEASE_TTL_MS) / SECOND_MS;
    const late = states.find(({ unsignedSeconds = 0 }) => unsignedSeconds > lateAfterSeconds);
    const shown = { keyId: this.signer.keyId, ...details(states) };
    if (this.failure !== undefined) return { status: 'degraded', error: messageOf(this.failure), ...shown };
    if (late) return { status: 'degraded', error: 'events wait for a signature for too long', ...shown };
    return { status: 'healthy', ...shown };
  }

  private async signUntil(signal: AbortSignal): Promise<void> {
    const { LOG_SIGNING_INTERVAL_MS: intervalMs } = this.runtime.configuration;
    const pause = new WakeSignal();
    while (!signal.aborted) {
      const pauseMs = await this.sign();
      await pause.wait(Math.min(intervalMs, pauseMs), signal);
    }
    // Another instance goes on: what failed here says nothing any more.
    this.failure = undefined;
  }

  /** @returns after how many milliseconds to sign again, at the latest */
  private async sign(): Promise<number> {
    const { database, logger } = this.runtime;
    try {
      for (const { signature, ...head } of await this.signer.sign()) {
        // Logs are kept elsewhere: a line there shows, too, that a head was removed from the database.
        logger.info({ ...head, signature: signature.toString('base64') }, 'signed the head of the log');
      }
      const states = await readSigningState(database);
      this.measure(states);
      this.failure = undefined;
      return states.every(({ signedPosition }) => signedPosition > 0) ? Infinity : FIRST_MS;
    } catch (error) {
      this.failed(error);
      return RETRY_MS;
    }
  }

  private measure(states: readonly SigningState[]): void {
    const { clock, metrics } = this.runtime;
    const ages = states.flatMap(({ ageSeconds }) => (ageSeconds === undefined ? [] : [ageSeconds]));
    if (ages.length === 0) return;
    metrics.logSignedHead.set(clock.now().getTime() / SECOND_MS - Math.max(...ages), { log: this.log });
  }

  private failed(error: unknown): void {
    const { logger, metrics } = this.runtime;
    this.failure = error;
    metrics.backgroundFailures.add(1, { work: 'log-signing' });
    if (error instanceof LogContradictsSignature)
      logger.fatal({ err: error }, 'the log was changed after it was signed');
    else logger.error({ err: error }, 'the head of the log could not be signed; it is tried again');
    reportError(error, { component: 'log-signing' });
  }
}

/** Of all lanes together: the oldest newest signature, and what no signature covers yet. */
function details(states: readonly SigningState[]): Readonly<Record<string, number>> {
  const ages = states.flatMap(({ ageSeconds }) => (ageSeconds === undefined ? [] : [ageSeconds]));
  const unsigned = states.reduce((sum, { position, signedPosition }) => sum + position - signedPosition, 0);
  return {
    ...(ages.length > 0 ? { newestSignedHeadAgeSeconds: Math.round(Math.max(...ages)) } : {}),
    unsignedEvents: unsigned,
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
