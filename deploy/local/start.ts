/** `npm start`: the whole of Steward on this machine. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.ts';
import { startChild, stopChild } from './child.ts';
import type { ChildPlan } from './child.ts';
import { Lifecycle } from './lifecycle.ts';
import { openLiveFeed } from './live-feed.ts';
import type { LiveFeed } from './live-feed.ts';
import type { LiveSource } from './live-feed.ts';
import { Lock } from './lock.ts';
import { readOptions, USAGE, WrongUsage } from './options.ts';
import type { LaunchOptions } from './options.ts';
import { choosePorts } from './ports.ts';
import type { Ports, ServiceName } from './ports.ts';
import { startServers, wipe } from './servers.ts';
import { presentServices, serviceEnvironment, startServices } from './services.ts';
import type { ServicePlan } from './services.ts';
import { simulationStateName } from './simulation-state.ts';
import { whereToLook } from './where-to-look.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDER = join(ROOT, '.local');
const LOG_FOLDER = join(FOLDER, 'logs');
const LOCK_NAME = 'steward.lock';
const SIMULATION = join(ROOT, 'simulation', 'main.ts');

const LISTS: readonly Readonly<{ service: ServiceName; kind: LiveSource['kind']; path: string }>[] = [
  { service: 'agent', kind: 'decision', path: '/v1/decisions' },
  { service: 'health', kind: 'alert', path: '/v1/alerts' },
  { service: 'recovery', kind: 'backup', path: '/v1/backups' },
];

function say(line: string): void {
  console.log(line);
}

/** Node counts from the start of this process. */
function secondsSinceStart(): string {
  return `${(performance.now() / 1000).toFixed(1)} s`;
}

async function startSimulation(options: LaunchOptions, plan: ServicePlan): Promise<void> {
  if (!options.simulation) return;
  if (!existsSync(SIMULATION)) {
    say('simulation/main.ts is not there, so nothing feeds the services.');
    return;
  }
  const settings = {
    url: `http://127.0.0.1:${plan.ports['agent API']}`,
    state: join(FOLDER, simulationStateName(process.env['DATABASE_URL'])),
    history: options.history,
    speed: options.speed,
    seed: options.seed,
  };
  const childPlan: ChildPlan = {
    ...plan,
    name: 'simulation',
    args: [
      SIMULATION,
      ...Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
    ],
    env: serviceEnvironment('agent', plan),
    logFile: join(LOG_FOLDER, 'simulation.log'),
    graceMs: 5_000,
    show: (line) => (/^History: |error|fail/i.test(line) ? `simulation: ${line}`.slice(0, 300) : undefined),
    mayFinish: true,
  };
  const child = await startChild(childPlan);
  plan.lifecycle.onStop('simulation', () => stopChild(child, childPlan));
}

async function openFeed(names: readonly ServiceName[], ports: Ports, lifecycle: Lifecycle): Promise<LiveFeed> {
  return openLiveFeed({
    sources: LISTS.filter(({ service }) => names.includes(service)).map(({ service, kind, path }) => ({
      kind,
      url: `http://127.0.0.1:${ports[`${service} API`]}${path}`,
    })),
    say,
    now: () => new Date(),
    width: () => (process.stdout.isTTY ? process.stdout.columns : 300),
    signal: lifecycle.signal,
    onFirstDecision: () => {
      say(`First decision ${secondsSinceStart()} after the start.`);
    },
  });
}

async function launch(options: LaunchOptions, lifecycle: Lifecycle): Promise<void> {
  const lock = Lock.take(join(FOLDER, LOCK_NAME), new Date().toISOString());
  lifecycle.onStop('lock', () => {
    lock.release();
  });
  if (options.fresh) {
    say('Removing the data of earlier runs (--fresh) ...');
    await wipe(FOLDER, LOCK_NAME);
  }
  mkdirSync(LOG_FOLDER, { recursive: true });
  const ports = await choosePorts(lock.followsCrash, say);
  const names = presentServices(ROOT);
  const [addresses] = await allOrFirstFailure([
    startServers({ root: ROOT, folder: FOLDER, names, ports, lifecycle, say }),
    buildStale(
      names.map((name) => `${name}-service`),
      { root: ROOT, logFolder: LOG_FOLDER, lifecycle, say },
    ),
  ]);
  lifecycle.signal.throwIfAborted();
  const plan = { root: ROOT, logFolder: LOG_FOLDER, ports, addresses, lifecycle, say };
  // The restaurant opens as soon as somebody takes its events.
  await startServices(names, plan, (name) => (name === 'agent' ? startSimulation(options, plan) : Promise.resolve()));
  lock.publish(`http://127.0.0.1:${ports['agent API']}`);
  const feed = await openFeed(names, ports, lifecycle);
  const hasClaude = (process.env['ANTHROPIC_API_KEY'] ?? '') !== '';
  say(whereToLook({ names, ports, logFolder: LOG_FOLDER, natsUrl: addresses.natsUrl, hasClaude }));
  say(`Ready ${secondsSinceStart()} after the start. Ctrl-C stops it all.`);
  await feed.follow();
}

/** Waits for both even when one fails, so that whatever they start is known to the lifecycle before it ends. */
async function allOrFirstFailure<Results extends readonly [unknown, unknown]>(work: {
  [K in keyof Results]: Promise<Results[K]>;
}): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

async function main(): Promise<number> {
  const lifecycle = new Lifecycle(say);
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === 'help') {
      say(USAGE);
      return 0;
    }
    lifecycle.listen();
    await launch(options, lifecycle);
  } catch (error) {
    if (error instanceof WrongUsage) {
      console.error(`${error.message}\n\n${USAGE}`);
      return 2;
    }
    lifecycle.stop(error instanceof Error ? error.message : String(error), 1);
  }
  await lifecycle.close();
  if (lifecycle.exitCode === 0) say('Stopped. The next npm start goes on from the same data.');
  return lifecycle.exitCode;
}

process.exit(await main());
