import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedPostgres } from '#libs/embedded-servers';
import type { Database } from '#libs/event-store';
import type { FaultProxy } from '#libs/testing';
import { Random } from '../../../simulation/random.ts';

export type FaultKind = 'terminate-backends' | 'cut-connections' | 'kill-postgres';

/** Done in this order, spread over the run. Postgres is killed while both processes write. */
export const FAULTS: readonly FaultKind[] = [
  ...(['terminate-backends', 'cut-connections', 'terminate-backends', 'cut-connections', 'kill-postgres'] as const),
  ...(['cut-connections', 'terminate-backends', 'cut-connections', 'terminate-backends', 'cut-connections'] as const),
  ...(['cut-connections', 'terminate-backends', 'cut-connections', 'terminate-backends', 'kill-postgres'] as const),
  ...(['cut-connections', 'terminate-backends', 'cut-connections', 'terminate-backends', 'cut-connections'] as const),
];

/** An acknowledgement sets a fault off; after this long at most, the next batch may be in any of its steps. */
const LATEST_AFTER_MS = 20;

/** Each way, for the writers, at all times. */
export const NETWORK_DELAY_MS = 1;
/** Each way, before the network breaks. */
const SLOW_MS = 40;
const LONGEST_WAIT_MS = 2_000;
/** A store that tries again meets a network that works, or one that stays broken for longer than it tries. */
const LONG_REFUSAL_MS = 600;

/** Ends backends at work rather than idle ones, and among them those that the salt chooses. */
const TERMINATE = `
select pg_terminate_backend(pid) from (
  select pid from pg_stat_activity
  where application_name like 'log-order-%' and pid <> pg_backend_pid()
  order by state = 'idle', md5(pid || $1)
  limit 3
) as victims`;

export type FaultTargets = Readonly<{
  postgres: EmbeddedPostgres;
  /** A way of its own to the server. */
  database: Database;
  /** Between the writers and the server. */
  proxy: FaultProxy;
}>;

/** Does one fault after the other as the run goes on: how far it got decides, and not how fast the machine is. */
export class Faults {
  readonly done = new Map<FaultKind, number>();
  terminatedBackends = 0;
  private readonly targets: FaultTargets;
  private readonly every: number;
  private readonly random: Random;
  private begun = 0;
  private nextSeen = Promise.withResolvers<undefined>();
  private work: Promise<void> = Promise.resolve();

  /** @param every one fault after so many acknowledged units */
  constructor(targets: FaultTargets, every: number, seed: number) {
    this.targets = targets;
    this.every = every;
    this.random = Random.fromSeed(seed);
  }

  get haveBegun(): boolean {
    return this.begun > 0;
  }

  /** To be told after each acknowledged unit how many there are. */
  readonly onProgress = (acknowledged: number): void => {
    const kind = FAULTS[this.begun];
    if (kind === undefined || acknowledged < (this.begun + 1) * this.every) return;
    this.begun += 1;
    this.work = this.work.then(() => this.strike(kind));
    // Awaited at the end; until then a failure must not end the process.
    this.work.catch(() => undefined);
  };

  /** To be told whenever the tail reader has seen something. */
  readonly onSeen = (): void => {
    this.nextSeen.resolve(undefined);
  };

  /** Waits for the faults that began. @throws what one of them threw */
  async finished(): Promise<void> {
    await this.work;
  }

  private async strike(kind: FaultKind): Promise<void> {
    const { postgres, database, proxy } = this.targets;
    await delay(this.random.between(0, LATEST_AFTER_MS));
    if (kind === 'terminate-backends') {
      this.terminatedBackends += (await database.query(TERMINATE, [String(this.random.uint32())])).length;
    }
    if (kind === 'cut-connections') await this.breakNetwork(proxy);
    if (kind === 'kill-postgres') {
      await postgres.kill9();
      await postgres.restart();
    }
    this.done.set(kind, (this.done.get(kind) ?? 0) + 1);
  }

  /** What the reader sees just now was committed just now: in a slow network its answer is still under way, and is lost. */
  private async breakNetwork(proxy: FaultProxy): Promise<void> {
    proxy.setDelayMs(SLOW_MS);
    await delay(2 * SLOW_MS);
    this.nextSeen = Promise.withResolvers<undefined>();
    await Promise.race([this.nextSeen.promise, delay(LONGEST_WAIT_MS)]);
    await proxy.refuse(true);
    proxy.cut();
    proxy.setDelayMs(NETWORK_DELAY_MS);
    await delay(this.random.chance(0.5) ? LONG_REFUSAL_MS : 0);
    await proxy.refuse(false);
  }
}
