import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild, stopChild } from './child.ts';
import type { ChildPlan } from './child.ts';
import type { OwnedProcess } from '#libs/embedded-servers';
import type { Lifecycle } from './lifecycle.ts';
import { localSigningKey } from './log-signing-key.ts';
import { readableTrouble } from './log-lines.ts';
import { SERVICES } from './ports.ts';
import type { Ports, ServiceName } from './ports.ts';
import type { Addresses } from './servers.ts';

export type ServicePlan = Readonly<{
  root: string;
  logFolder: string;
  ports: Ports;
  addresses: Addresses;
  lifecycle: Lifecycle;
  say: (line: string) => void;
}>;

const READY_DEADLINE_MS = 90_000;
const GRACE_MS = 15_000;

/** Names of the environment that are ours alone; the children get all others. */
const NOT_PASSED_ON = /^(npm_|NODE_OPTIONS$|INIT_CWD$)/;

/** The services whose source is in this checkout. */
export function presentServices(root: string): ServiceName[] {
  return SERVICES.filter((name) => existsSync(join(root, 'apps', `${name}-service`, 'src', 'main.ts')));
}

export function serviceEnvironment(name: ServiceName, { root, ports, addresses }: ServicePlan): NodeJS.ProcessEnv {
  const outer = Object.fromEntries(Object.entries(process.env).filter(([key]) => !NOT_PASSED_ON.test(key)));
  const path = [addresses.postgresBin ?? '', outer['PATH'] ?? ''].filter((part) => part !== '').join(delimiter);
  return {
    ENVIRONMENT: 'development',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    INSTANCE_ID: `${name}-1`,
    // Compiled code is kept between starts.
    NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'),
    // What the simulated business is; a real one names its own file, or sets it by the API.
    BUSINESS_SETTINGS: join(root, 'config', 'restaurant.yaml'),
    ...outer,
    ...signingSettings(root, outer),
    PATH: path,
    PORT: String(ports[`${name} API`]),
    PROMETHEUS_PORT: String(ports[`${name} metrics`]),
    ...databaseSettings(name, addresses),
    NATS_URL: addresses.natsUrl,
    ...(addresses.natsMonitoringUrl === undefined ? {} : { NATS_MONITORING_URL: addresses.natsMonitoringUrl }),
  };
}

/** The heads of the logs are signed with a key of this installation, unless this shell gives another one. */
function signingSettings(root: string, outer: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isGiven = [outer['LOG_SIGNING_KEY'], outer['LOG_SIGNING_KEY_FILE']].some((value) => (value ?? '') !== '');
  return isGiven ? {} : { LOG_SIGNING_KEY: localSigningKey(join(root, '.local')) };
}

/** On our own server, a service knows its own role and no other; a variable of this shell must not tell it more. */
function databaseSettings(name: ServiceName, { database }: Addresses): NodeJS.ProcessEnv {
  if (typeof database === 'string') return { DATABASE_URL: database };
  const { services, backupUrl } = database;
  return {
    DATABASE_URL: services[name],
    DATABASE_URL_FILE: '',
    DATABASE_OWNER_URL: '',
    DATABASE_OWNER_URL_FILE: '',
    BACKUP_DATABASE_URL: name === 'recovery' ? backupUrl : '',
    BACKUP_DATABASE_URL_FILE: '',
  };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    await answer.arrayBuffer();
    return answer.ok;
  } catch {
    return false; // not listening yet; a service that never does ends or runs into the deadline
  }
}

async function startService(name: ServiceName, plan: ServicePlan, stops: (() => Promise<void>)[]): Promise<void> {
  const label = `${name}-service`;
  const logFile = join(plan.logFolder, `${label}.log`);
  const childPlan: ChildPlan = {
    ...plan,
    name: label,
    args: ['--enable-source-maps', join(plan.root, 'dist', 'apps', label, 'main.js')],
    env: serviceEnvironment(name, plan),
    logFile,
    graceMs: GRACE_MS,
    show: (line) => readableTrouble(name, line),
  };
  const child = await startChild(childPlan);
  stops.push(() => stopChild(child, childPlan));
  await becomesReady(name, child, plan, logFile);
}

async function becomesReady(name: ServiceName, child: OwnedProcess, plan: ServicePlan, logFile: string): Promise<void> {
  const { lifecycle } = plan;
  const end = performance.now() + READY_DEADLINE_MS;
  while (!(await isReady(`http://127.0.0.1:${plan.ports[`${name} API`]}/health/ready`))) {
    lifecycle.signal.throwIfAborted();
    // Whoever ends it tells why; here we only stop waiting.
    if (!child.isRunning()) await lifecycle.ended();
    if (performance.now() > end)
      throw new Error(`${name}-service is not ready after ${READY_DEADLINE_MS / 1000} s; see ${logFile}.`);
    await delay(100);
  }
}

/**
 * Starts the services, each of which migrates its own schema, and waits until all are ready.
 * @param onReady told of each one as soon as it is
 */
export async function startServices(
  names: readonly ServiceName[],
  plan: ServicePlan,
  onReady: (name: ServiceName) => Promise<void>,
): Promise<void> {
  plan.say(`Starting ${names.map((name) => `${name}-service`).join(', ')} ...`);
  const stops: (() => Promise<void>)[] = [];
  plan.lifecycle.onStop('services', async () => {
    await Promise.all(stops.map((stop) => stop()));
  });
  const starts = await Promise.allSettled(
    names.map((name) => startService(name, plan, stops).then(() => onReady(name))),
  );
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
}
