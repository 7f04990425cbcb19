import { once } from 'node:events';
import { Database, migrate, readModelDataSource, type DatabaseOptions, type Queryable } from '#libs/event-store';
import { startThrowAwayNats } from '#libs/embedded-servers';
import { createTestDatabase } from '#libs/testing';
import { connectBus, type Bus } from '../bus.ts';
import { BUS_MIGRATIONS } from '../migrations/bus-migrations.ts';
import type { SlotClaim, SlotHolder } from './slot-holder.ts';
import { SlotLeases, type SlotLeasesOptions } from './slot-leases.ts';

export const GROUP = 'health';
const SCHEMA = 'health';

/** `released`: nothing is under way any more, and the slots may be given away. */
export type Happening = Readonly<{
  instance: string;
  what: 'gain' | 'release' | 'released' | 'drop';
  slots: readonly number[];
  fences: readonly number[];
}>;

export type SlotInstance = Readonly<{
  leases: SlotLeases;
  bus: Bus;
  failures: readonly unknown[];
  /** What happened to it, in order. */
  story: () => readonly Happening['what'][];
  /** While there is one, `release` does not resolve before it does. */
  busyUntil: (end: Promise<void> | undefined) => void;
}>;

/** A service's database, a nats-server, and any number of instances, each with its own connections. */
export class SlotFixture {
  readonly history: Happening[] = [];
  /** What must never be; see `check`. */
  readonly faults: string[] = [];
  readonly url: string;
  readonly natsUrl: string;
  readonly database: Database;
  private readonly instances = new Map<string, SlotInstance>();
  private readonly lastFences = new Map<number, number>();
  private readonly closing: (() => Promise<void>)[];

  private constructor(urls: { url: string; natsUrl: string }, closing: (() => Promise<void>)[]) {
    this.url = urls.url;
    this.natsUrl = urls.natsUrl;
    this.closing = closing;
    this.database = this.connect('spec');
  }

  static async open(): Promise<SlotFixture> {
    const nats = await startThrowAwayNats();
    const { url, drop } = await createTestDatabase();
    const setUp = { url, schema: SCHEMA, applicationName: 'spec', migrations: BUS_MIGRATIONS, entities: [] };
    const dataSource = await readModelDataSource(setUp).initialize();
    await migrate(dataSource, setUp);
    await dataSource.destroy();
    return new SlotFixture({ url, natsUrl: nats.server.url }, [drop, () => nats.remove()]);
  }

  connect(applicationName: string, options: Partial<DatabaseOptions> = {}): Database {
    const database = new Database({ url: this.url, schema: SCHEMA, applicationName, ...options });
    this.closing.unshift(() => database.close());
    return database;
  }

  async start(owner: string, options: Partial<SlotLeasesOptions> = {}): Promise<SlotInstance> {
    const bus = await connectBus({ url: this.natsUrl, name: owner });
    const failures: unknown[] = [];
    let busy: Promise<void> | undefined;
    const leases = new SlotLeases({
      database: options.database ?? this.connect(owner),
      bus,
      group: GROUP,
      owner,
      holders: [this.holder(owner, () => busy)],
      onFailure: (error) => failures.push(error),
      ...options,
    });
    const instance: SlotInstance = {
      leases,
      bus,
      failures,
      story: () => this.history.filter((happening) => happening.instance === owner).map(({ what }) => what),
      busyUntil: (end) => {
        busy = end;
      },
    };
    this.instances.set(owner, instance);
    leases.start();
    return instance;
  }

  /** Ends it as a process dies: nothing is given back, nobody is told. */
  async kill(owner: string, database: Database): Promise<void> {
    const instance = this.instances.get(owner);
    this.instances.delete(owner);
    await database.close();
    await instance?.bus.connection.close();
    this.closing.unshift(() => instance?.leases.stop() ?? Promise.resolve());
  }

  /** Slots by who has them, as the database tells. */
  async owners(): Promise<ReadonlyMap<string | null, number>> {
    const rows = await this.database.query<{ owner: string | null; slots: number }>(
      'select case when until > clock_timestamp() then owner end as owner, count(*) as slots from slot_leases group by 1',
    );
    return new Map(rows.map(({ owner, slots }) => [owner, slots]));
  }

  async fences(): Promise<readonly number[]> {
    const rows = await this.database.query<{ fence: number }>('select fence from slot_leases order by slot');
    return rows.map(({ fence }) => fence);
  }

  /** Ends all instances of a test, and forgets what happened. */
  async clear(): Promise<void> {
    const instances = [...this.instances.values()];
    this.instances.clear();
    for (const { busyUntil } of instances) busyUntil(undefined);
    await Promise.all(instances.map(({ leases }) => leases.stop()));
    await Promise.all(instances.map(({ bus }) => bus.connection.close()));
    this.history.length = 0;
    await this.database.query('delete from slot_members');
    await this.database.query('update slot_leases set owner = null, until = clock_timestamp()');
  }

  async close(): Promise<void> {
    await this.clear();
    for (const close of this.closing) await close();
  }

  private holder(instance: string, busy: () => Promise<void> | undefined): SlotHolder {
    const note = (what: Happening['what'], slots: readonly number[], fences: readonly number[] = []): void => {
      this.history.push({ instance, what, slots, fences });
    };
    return {
      gain: (claims) => {
        this.check(instance, claims);
        note(
          'gain',
          claims.map(({ slot }) => slot),
          claims.map(({ fence }) => fence),
        );
      },
      release: async (slots) => {
        note('release', slots);
        await busy();
        note('released', slots);
      },
      drop: (slots) => {
        note('drop', slots);
      },
    };
  }

  /** At each fence one owner, fences rise, and nobody else believes that it holds the slot. */
  private check(instance: string, claims: readonly SlotClaim[]): void {
    for (const { slot, fence } of claims) {
      const before = this.lastFences.get(slot) ?? -1;
      if (fence <= before) this.faults.push(`${instance} gained slot ${slot} with fence ${fence} after ${before}`);
      this.lastFences.set(slot, fence);
      if (this.instances.get(instance)?.leases.isHeld(slot) === false)
        this.faults.push(`${instance} gained slot ${slot} when its lease might have ended`);
      for (const [other, { leases }] of this.instances)
        if (other !== instance && leases.isHeld(slot)) this.faults.push(`${instance} and ${other} hold slot ${slot}`);
    }
  }
}

/** Stops this whole process, as SIGSTOP would. */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Stops this whole process after each answer to the statement, before anything learns of it, as often as given. */
export function pausingAfter(statement: string, ms: number, times: number, database: Queryable): Queryable {
  let left = times;
  return {
    query: async (asked, values) => {
      const rows = await database.query<never>(asked, values);
      if (typeof asked !== 'string' && asked.name === statement && left > 0) {
        left -= 1;
        pause(ms);
      }
      return rows;
    },
  };
}

/** A promise that is settled from outside. */
export function open(): { readonly promise: Promise<void>; readonly end: () => void } {
  const controller = new AbortController();
  return {
    promise: once(controller.signal, 'abort').then(() => undefined),
    end: () => {
      controller.abort();
    },
  };
}
