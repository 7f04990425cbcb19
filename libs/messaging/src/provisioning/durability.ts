import { z } from 'zod';
import { STREAMS } from '#libs/contracts';
import { MINUTE_MS, SECOND_MS } from '#libs/kernel';
import type { Bus } from '../bus.ts';
import { BusUnavailable } from '../errors.ts';

/** A figure, and how it is known. */
export type Figure<Value> = Readonly<{
  value: Value;
  source: string;
  /** Whether nobody could be asked, and the server's standard is taken for it. */
  assumed: boolean;
}>;

/**
 * What a message outlives once the broker has confirmed it: `fsync` a power failure, since it is on disk before; `replicated`
 * that of a minority of servers, since three or more have it; `page-cache` the end of the process, and not that of the machine:
 * then as much may be missing as was confirmed within the sync interval, and is put back from Postgres.
 */
export type DurabilityGrade = 'fsync' | 'replicated' | 'page-cache';

export type Durability = Readonly<{
  grade: DurabilityGrade;
  /** How often the server writes to disk; 0: before each confirmation. */
  syncIntervalMs: Figure<number>;
  /** Copies that are up to date, of the stream that has the fewest. */
  replicas: Figure<number>;
  version: Figure<string>;
  /** Why the monitoring page could not tell, when it was asked. */
  problem?: string;
}>;

/** What the server's monitoring page tells of it. */
export type MonitoredServer = Readonly<{
  serverId: string;
  serverName: string;
  version: string;
  cluster: string | undefined;
  hasJetStream: boolean;
  syncIntervalMs: number | undefined;
  isSyncAlways: boolean;
}>;

export type DurabilityFacts = Readonly<{
  /** Of the server that this process is connected to. */
  version: string;
  serverId: string | undefined;
  cluster: string | undefined;
  replicas: Readonly<{ stream: string; current: number }>;
  /** Its monitoring page, why there is none, or nothing when none is configured. */
  monitored: MonitoredServer | Readonly<{ problem: string }> | undefined;
}>;

/** Without a setting, nats-server below 2.10 syncs each minute and later ones every two minutes. */
const FIXED_SYNC_MS = MINUTE_MS;
const STANDARD_SYNC_MS = 2 * MINUTE_MS;
/** With fewer copies than three, one machine that comes back with less can still decide. */
const ENOUGH_REPLICAS = 3;
const MONITORING_TIMEOUT_MS = 2 * SECOND_MS;
const NANOSECONDS_PER_MS = 1_000_000;

export function durabilityOf(facts: DurabilityFacts): Durability {
  const problem = problemOf(facts);
  const syncIntervalMs = syncIntervalOf(facts, problem);
  const { stream, current } = facts.replicas;
  const replicas = { value: current, source: `stream ${stream}, which has the fewest`, assumed: false };
  const version = { value: facts.version, source: 'the server that this service is connected to', assumed: false };
  return {
    grade: gradeOf(syncIntervalMs, current),
    syncIntervalMs,
    replicas,
    version,
    ...(problem === undefined ? {} : { problem }),
  };
}

function gradeOf(syncIntervalMs: Figure<number>, replicas: number): DurabilityGrade {
  if (syncIntervalMs.value === 0 && !syncIntervalMs.assumed) return 'fsync';
  return replicas >= ENOUGH_REPLICAS ? 'replicated' : 'page-cache';
}

function syncIntervalOf(facts: DurabilityFacts, problem: string | undefined): Figure<number> {
  const { monitored, cluster, version } = facts;
  if (monitored && problem === undefined && 'serverId' in monitored) {
    const source = `/varz of ${monitored.serverName}`;
    if (monitored.isSyncAlways) return { value: 0, source, assumed: false };
    if (monitored.syncIntervalMs !== undefined) return { value: monitored.syncIntervalMs, source, assumed: false };
  }
  if (isBelow210(version)) {
    // Another server of a cluster may be a newer one.
    return { value: FIXED_SYNC_MS, source: `fixed in nats-server ${version}`, assumed: cluster !== undefined };
  }
  const remedy = facts.monitored === undefined ? '; NATS_MONITORING_URL lets this service read it' : '';
  return { value: STANDARD_SYNC_MS, source: `standard of nats-server 2.10 and later${remedy}`, assumed: true };
}

function problemOf({ monitored, serverId, cluster }: DurabilityFacts): string | undefined {
  if (monitored === undefined) return undefined;
  if ('problem' in monitored) return monitored.problem;
  const isSame = monitored.serverId === serverId || (cluster !== undefined && monitored.cluster === cluster);
  if (!isSame) {
    return `NATS_MONITORING_URL shows server ${monitored.serverName}, which is not the one that NATS_URL leads to`;
  }
  return monitored.hasJetStream ? undefined : `server ${monitored.serverName} of NATS_MONITORING_URL has no JetStream`;
}

function isBelow210(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)\./.exec(version) ?? [];
  return Number(major) < 2 || (Number(major) === 2 && Number(minor) < 10);
}

/**
 * Reads what durability the server gives.
 *
 * @param monitoringUrl base of the server's monitoring pages, such as `http://nats:8222`; without it the sync interval is assumed
 * @throws BusUnavailable
 */
export async function readDurability(bus: Bus, monitoringUrl?: string): Promise<Durability> {
  const { info } = bus.connection;
  const [replicas, monitored] = await Promise.all([
    fewestReplicas(bus),
    monitoringUrl === undefined ? undefined : readMonitoring(monitoringUrl),
  ]);
  return durabilityOf({
    version: bus.serverVersion,
    serverId: info?.server_id,
    cluster: info?.cluster,
    replicas,
    monitored,
  });
}

async function fewestReplicas({ manager }: Bus): Promise<DurabilityFacts['replicas']> {
  const copies = new Map<string, number>();
  try {
    for await (const { config, cluster } of manager.streams.list()) {
      const others = (cluster?.replicas ?? []).filter(({ current, offline }) => current && !offline);
      copies.set(config.name, 1 + others.length);
    }
  } catch (error) {
    throw new BusUnavailable(error);
  }
  return STREAMS.map((stream) => ({ stream, current: copies.get(stream) ?? 0 })).reduce((fewest, one) =>
    one.current < fewest.current ? one : fewest,
  );
}

const varzSchema = z.object({
  server_id: z.string(),
  server_name: z.string().optional(),
  version: z.string(),
  cluster: z.object({ name: z.string().optional() }).optional(),
  jetstream: z
    .object({
      config: z.object({ sync_interval: z.number().optional(), sync_always: z.boolean().optional() }).optional(),
    })
    .optional(),
});

async function readMonitoring(url: string): Promise<MonitoredServer | Readonly<{ problem: string }>> {
  try {
    const answer = await fetch(new URL('varz', url.endsWith('/') ? url : `${url}/`), {
      signal: AbortSignal.timeout(MONITORING_TIMEOUT_MS),
    });
    if (!answer.ok) return { problem: `NATS_MONITORING_URL answered ${answer.status} to /varz` };
    return monitoredServer(varzSchema.parse(await answer.json()));
  } catch (error) {
    if (error instanceof z.ZodError) return { problem: 'NATS_MONITORING_URL answers, and not as a nats-server does' };
    return { problem: `NATS_MONITORING_URL did not answer: ${reasonOf(error)}` };
  }
}

/** `fetch` says why in the cause of its error. */
function reasonOf(error: unknown): string {
  const failure = z.object({ message: z.string(), cause: z.unknown().optional() }).safeParse(error);
  if (!failure.success) return String(error);
  return failure.data.cause === undefined ? failure.data.message : reasonOf(failure.data.cause);
}

function monitoredServer({
  server_id,
  server_name,
  version,
  cluster,
  jetstream,
}: z.infer<typeof varzSchema>): MonitoredServer {
  const config = jetstream?.config;
  return {
    serverId: server_id,
    serverName: server_name ?? server_id,
    version,
    cluster: cluster?.name,
    hasJetStream: config !== undefined,
    syncIntervalMs: config?.sync_interval === undefined ? undefined : config.sync_interval / NANOSECONDS_PER_MS,
    isSyncAlways: config?.sync_always === true,
  };
}
