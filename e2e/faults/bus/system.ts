import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  startThrowAwayNats,
  startThrowAwayPostgres,
  type EmbeddedNats,
  type EmbeddedPostgres,
  type ThrowAway,
} from '#libs/embedded-servers';
import { Database, PostgresEventStore, type Append } from '#libs/event-store';
import { eventId } from '#libs/kernel';
import { connectBus, type Bus } from '#libs/messaging';
import { eventually, startFaultProxy, type FaultProxy } from '#libs/testing';
import { startProgram, type Program } from '../program.ts';
import { COUNTED } from './counted.ts';
import type { LoggedEvent } from './history.ts';
import { Line, type Word } from './lines.ts';
import { createTables, PRODUCER } from './tables.ts';

/** The stream that everything is about. */
export const STREAM = 'EVT_AGENT';

export type SystemOptions = Readonly<{
  seed: number;
  producers: number;
  consumers: number;
  /** Of all producers together. */
  eventsPerSecond: number;
  /** @default ours; the others show what the checker sees when a guarantee is missing */
  relay?: 'ours' | 'control';
  consumer?: 'ours' | 'control-with-inbox' | 'control-without-inbox';
}>;

export type Role = 'producer' | 'consumer';

/** A process of the run, and the networks between it and the servers. */
export type Member = Readonly<{
  name: string;
  role: Role;
  program: Program;
  nats: FaultProxy;
  postgres: FaultProxy;
}>;

type Note = Readonly<{ at: number; instance: string; what: string }>;

const START_WITHIN_MS = 30_000;
const PAUSE_WITHIN_MS = 60_000;
const POLL_MS = 40;

/** The first event up to a position that was published and has no effect yet, save in some streams. */
const FIRST_MISSING = `
select e.position from events e
where e.lane = 0 and e.position > $1 and e.position <= $2 and e.type = '${COUNTED}'
  and not exists (select from health.effects f where f.event = e.id)
  and e.tenant || '/' || e.stream_id <> all ($3::text[])
order by e.position limit 1`;

/** Two services, each as several processes, with a network of its own for each process; and the servers they work with. */
export class BusSystem {
  readonly options: SystemOptions;
  readonly nats: EmbeddedNats;
  readonly postgres: EmbeddedPostgres;
  /** The run's own ways, past all networks that break. */
  readonly database: Database;
  readonly store: PostgresEventStore;
  /** What was in the log until it was restored to an earlier moment. */
  readonly voided: LoggedEvent[] = [];
  readonly notes: Note[] = [];
  /** Of programs that ended although nobody wanted it. */
  readonly unexpectedEnds: string[] = [];
  refills = 0;
  hasRetention = false;
  private readonly servers: readonly ThrowAway<EmbeddedNats | EmbeddedPostgres>[];
  private readonly members = new Set<Member>();
  private readonly leaving = new Set<string>();
  private readonly paused = new Map<string, PromiseWithResolvers<undefined>>();
  private started = 0;
  private isLoading = false;
  private appliedUpTo = 0;

  private constructor(options: SystemOptions, nats: ThrowAway<EmbeddedNats>, postgres: ThrowAway<EmbeddedPostgres>) {
    this.options = options;
    this.nats = nats.server;
    this.postgres = postgres.server;
    this.servers = [nats, postgres];
    const { url } = postgres.server;
    this.database = new Database({ url, schema: PRODUCER, applicationName: 'bus-run', poolSize: 4 });
    this.store = new PostgresEventStore({ database: this.database, ids: { next: () => eventId(randomUUID()) } });
  }

  /** Starts servers and processes; nothing is appended before `load`. */
  static async open(options: SystemOptions): Promise<BusSystem> {
    // What Postgres acknowledged must be there after a kill.
    const postgres = await startThrowAwayPostgres({ fast: false });
    const nats = await startThrowAwayNats().catch(async (error: unknown) => {
      await postgres.remove();
      throw error;
    });
    const system = new BusSystem(options, nats, postgres);
    try {
      await createTables(postgres.server.url);
      await system.fill();
      return system;
    } catch (error) {
      await system.close();
      throw error;
    }
  }

  get producers(): readonly Member[] {
    return this.membersOf('producer');
  }

  get consumers(): readonly Member[] {
    return this.membersOf('consumer');
  }

  /** Starts as many processes as are missing. */
  async fill(): Promise<void> {
    const { producers, consumers } = this.options;
    // The first one provisions.
    if (this.producers.length === 0) await this.start('producer');
    await Promise.all([
      ...Array.from({ length: producers - this.producers.length }, () => this.start('producer')),
      ...Array.from({ length: consumers - this.consumers.length }, () => this.start('consumer')),
    ]);
  }

  async start(role: Role): Promise<Member> {
    this.started += 1;
    const name = `${role}-${this.started}`;
    const nats = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: this.nats.port });
    const postgres = await startFaultProxy({ targetHost: '127.0.0.1', targetPort: this.postgres.port });
    const { seed, eventsPerSecond, producers, relay = 'ours', consumer = 'ours' } = this.options;
    const program = await startProgram(join(import.meta.dirname, `${role}.ts`), {
      settings: {
        INSTANCE: name,
        NATS_URL: `nats://127.0.0.1:${nats.port}`,
        DATABASE_URL: Object.assign(new URL(this.postgres.url), { port: String(postgres.port) }).href,
        SEED: String(seed + this.started),
        EVENTS_PER_SECOND: String(eventsPerSecond / producers),
        RELAY: relay,
        CONSUMER: consumer,
      },
      parse: (json) => Line.parse(json),
      hear: (line) => {
        this.hear(name, line);
      },
    });
    const member = { name, role, program, nats, postgres };
    this.members.add(member);
    void this.awaitEnd(member);
    await inTime(program.ready, START_WITHIN_MS, `${name} to be ready`);
    if (role === 'producer' && this.isLoading) program.tell('load' satisfies Word);
    return member;
  }

  /** Ends a process in order. */
  async stop(member: Member): Promise<void> {
    this.leaving.add(member.name);
    member.program.tell('stop' satisfies Word);
    await inTime(member.program.done, START_WITHIN_MS, `${member.name} to stop`);
  }

  async kill(member: Member): Promise<void> {
    this.leaving.add(member.name);
    await member.program.kill();
    this.members.delete(member);
    await closeNetworks(member);
  }

  load(): void {
    this.isLoading = true;
    for (const { program } of this.producers) program.tell('load' satisfies Word);
  }

  /** Resolves when everything that was begun to be appended is in the log. */
  async pause(): Promise<void> {
    this.isLoading = false;
    await Promise.all(
      this.producers.map(async ({ name, program }) => {
        const paused = Promise.withResolvers<undefined>();
        this.paused.set(name, paused);
        program.tell('pause' satisfies Word);
        await inTime(paused.promise, PAUSE_WITHIN_MS, `${name} to pause`);
      }),
    );
  }

  append(append: Append): Promise<unknown> {
    return this.store.append(append);
  }

  /** The producer that publishes now; any, when nobody holds the lease. */
  async publisher(): Promise<Member> {
    const [row] = await this.database.query<{ owner: string }>('select owner from leases where name = $1', [
      `relay:${STREAM}`,
    ]);
    const member = this.producers.find(({ name }) => name === row?.owner) ?? this.producers[0];
    if (!member) throw new Error('No producer runs.');
    return member;
  }

  /** Position of the log's last event. */
  async head(): Promise<number> {
    return eventually(() => this.store.head(), { withinMs: 30_000 });
  }

  /** Waits until all that was published up to there has an effect, save in some streams. */
  async applied(
    upTo: number,
    { withinMs, except = [] }: { withinMs: number; except?: readonly string[] },
  ): Promise<void> {
    let from = this.appliedUpTo;
    await eventually(
      async () => {
        const [missing] = await this.database.query<{ position: number }>(FIRST_MISSING, [from, upTo, except]);
        from = missing ? missing.position - 1 : upTo;
        if (missing) throw new Error(`position ${missing.position} of ${upTo} has no effect`);
      },
      { withinMs, everyMs: POLL_MS },
    );
    if (except.length === 0) this.appliedUpTo = Math.max(this.appliedUpTo, from);
  }

  /** After a restore: positions beyond are new events. */
  forgetApplied(beyond: number): void {
    this.appliedUpTo = Math.min(this.appliedUpTo, beyond);
  }

  /** A connection of its own, for as long as `work` takes. */
  async onBus<Result>(work: (bus: Bus) => Promise<Result>): Promise<Result> {
    const bus = await connectBus({ url: this.nats.url, name: 'bus-run' });
    try {
      return await work(bus);
    } finally {
      await bus.connection.close();
    }
  }

  /** Of the servers. */
  async versions(): Promise<string> {
    const [row] = await this.database.query<{ version: string }>(`select current_setting('server_version') as version`);
    const nats = await this.onBus((bus) => Promise.resolve(bus.serverVersion));
    return `nats-server ${nats}, Postgres ${row?.version ?? 'unknown'}`;
  }

  /** Ends everything, by its process id. */
  async close(): Promise<void> {
    await Promise.allSettled([...this.members].map((member) => this.kill(member)));
    await this.store.close();
    await this.database.close();
    await Promise.allSettled(this.servers.map((server) => server.remove()));
  }

  private membersOf(role: Role): Member[] {
    return [...this.members].filter((member) => member.role === role && !this.leaving.has(member.name));
  }

  private hear(name: string, line: Line): void {
    if (line.line === 'paused') this.paused.get(name)?.resolve(undefined);
    if (line.line === 'trouble') this.note(line.instance, line.what);
    if (line.line !== 'refill') return;
    this.refills += 1;
    this.note(line.instance, `refills from ${line.from}`);
  }

  note(instance: string, what: string): void {
    this.notes.push({ at: Date.now(), instance, what });
  }

  private async awaitEnd(member: Member): Promise<void> {
    const end = await member.program.done.then(
      () => 'it said that it was done',
      (error: unknown) => String(error),
    );
    if (!this.leaving.has(member.name)) this.unexpectedEnds.push(`${member.name}: ${end}`);
    this.members.delete(member);
    await closeNetworks(member);
  }
}

async function closeNetworks({ nats, postgres }: Member): Promise<void> {
  await Promise.all([nats.close(), postgres.close()]);
}

async function inTime<Result>(promise: Promise<Result>, ms: number, what: string): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`Waited ${ms} ms for ${what}.`));
  }, ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
