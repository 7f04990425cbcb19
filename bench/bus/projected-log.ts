import { readLogProgress, Subscription, type TableSubscriber } from '#libs/event-store';
import { Decisions2026112200011 } from '../../apps/agent-service/migrations/0002-decisions.ts';
import { Stock2026112200010 } from '../../apps/agent-service/migrations/0001-stock.ts';
import { LotsAndPurchasing2026112300004 } from '../../apps/agent-service/migrations/0004-lots-and-purchasing.ts';
import { DecisionFilters2026112300006 } from '../../apps/agent-service/migrations/0006-decision-filters.ts';
import { Agents2026112300010 } from '../../apps/agent-service/migrations/0010-agents.ts';
import { agentProjection } from '../../apps/agent-service/src/agents/read-models/agents/agent.projection.ts';
import { situationProjection } from '../../apps/agent-service/src/agents/read-models/situations/situation.projection.ts';
import { decisionProjection } from '../../apps/agent-service/src/decisions/read-models/decisions/decision.projection.ts';
import { stockProjections } from '../../apps/agent-service/src/inventory/read-models/stock-levels/stock-level.projection.ts';
import { makeSchema } from '../harness/server.ts';
import { openStewardLog, type StewardLog } from '../harness/steward-log.ts';
import type { AtEnd } from '../harness/with-resources.ts';

const PROJECTIONS: readonly TableSubscriber[] = [
  ...stockProjections,
  situationProjection,
  agentProjection,
  decisionProjection,
];

const MIGRATIONS = [
  Stock2026112200010,
  Decisions2026112200011,
  LotsAndPurchasing2026112300004,
  DecisionFilters2026112300006,
  Agents2026112300010,
];

/** A log with the read models of agent-service, in this process. */
export type ProjectedLog = StewardLog & Readonly<{ reached: (position: number) => Promise<void> }>;

export async function openProjectedLog(url: string, schema: string, atEnd: AtEnd): Promise<ProjectedLog> {
  await makeSchema(url, schema, atEnd);
  const log = await openStewardLog(url, schema, atEnd, MIGRATIONS);
  const arrivals = new Arrivals(async () => {
    const { subscribers } = await readLogProgress(log.database, PROJECTIONS);
    return Math.min(...subscribers.map(({ position }) => position));
  });
  for (const subscriber of PROJECTIONS) {
    const onProgress = (): void => {
      arrivals.look();
    };
    const subscription = new Subscription({ ...log, subscriber, onProgress });
    await subscription.start();
    atEnd(() => subscription.stop());
  }
  return { ...log, reached: (position) => arrivals.at(position) };
}

type Waiter = Readonly<{ position: number; resolve: () => void; reject: (error: unknown) => void }>;

/** Who waits for the read models, as the service has it: one question at a time for all of them. */
class Arrivals {
  private readonly ask: () => Promise<number>;
  private readonly waiters = new Set<Waiter>();
  private isLooking = false;
  private shallLookAgain = false;

  constructor(ask: () => Promise<number>) {
    this.ask = ask;
  }

  async at(position: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.waiters.add({
      position,
      reject,
      resolve: () => {
        resolve(undefined);
      },
    });
    this.look();
    await promise;
  }

  look(): void {
    if (this.waiters.size === 0) return;
    this.shallLookAgain = true;
    if (!this.isLooking) void this.lookWhileAsked();
  }

  private async lookWhileAsked(): Promise<void> {
    this.isLooking = true;
    while (this.shallLookAgain && this.waiters.size > 0) {
      this.shallLookAgain = false;
      await this.lookOnce();
    }
    this.isLooking = false;
  }

  private async lookOnce(): Promise<void> {
    try {
      const reached = await this.ask();
      for (const waiter of this.waiters) if (waiter.position <= reached) this.settle(waiter, waiter.resolve);
    } catch (error) {
      for (const waiter of this.waiters)
        this.settle(waiter, () => {
          waiter.reject(error);
        });
    }
  }

  private settle(waiter: Waiter, end: () => void): void {
    this.waiters.delete(waiter);
    end();
  }
}
