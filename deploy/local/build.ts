import { logTail, openLog, spawnOwned } from '#libs/embedded-servers';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lifecycle } from './lifecycle.ts';

/** Two builds keep two cores busy; more only take memory. */
const AT_ONCE = 2;
const SHARED_SOURCES = [
  'libs/*/src/**/*.ts',
  'package.json',
  'package-lock.json',
  'nest-cli.json',
  'tsconfig.json',
  '*.config.{js,cjs,mjs}',
];

/** The build of a service failed; the message has the end of its output. */
export class BuildFailed extends Error {
  constructor(service: string, logFile: string) {
    super(`Building ${service} failed. ${logFile} ends with:\n${logTail(logFile, { lines: 30 })}`);
  }
}

export type BuildPlan = Readonly<{
  root: string;
  logFolder: string;
  lifecycle: Lifecycle;
  say: (line: string) => void;
}>;

/** The same sources have the same fingerprint, whatever their times are: a checkout changes those. */
export function sourceFingerprint(root: string, app: string): string {
  const files = globSync([`apps/${app}/src/**/*.{ts,json}`, `apps/${app}/migrations/**`, ...SHARED_SOURCES], {
    cwd: root,
  });
  const hash = createHash('sha256');
  for (const file of files.filter((name) => /\.[a-z]+$/.test(name) && !name.endsWith('.spec.ts')).sort()) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

function recordOf(root: string, app: string): string {
  return join(root, 'dist', `.${app}.fingerprint`);
}

function isCurrent(root: string, app: string, fingerprint: string): boolean {
  const record = recordOf(root, app);
  return (
    existsSync(join(root, 'dist', 'apps', app, 'main.js')) &&
    existsSync(record) &&
    readFileSync(record, 'utf8') === fingerprint
  );
}

async function build(app: string, fingerprint: string, plan: BuildPlan): Promise<void> {
  const { root, lifecycle } = plan;
  const logFile = join(plan.logFolder, `build-${app}.log`);
  rmSync(recordOf(root, app), { force: true }); // half a build must not pass for a whole one
  rmSync(logFile, { force: true });
  const log = openLog(logFile);
  const nest = await spawnOwned(process.execPath, {
    args: [join(root, 'node_modules/@nestjs/cli/bin/nest.js'), 'build', app],
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0', NO_COLOR: '1' },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const stop = (): void => {
    nest.signal('SIGTERM');
  };
  lifecycle.signal.addEventListener('abort', stop);
  const { code } = await nest.exited;
  lifecycle.signal.removeEventListener('abort', stop);
  lifecycle.signal.throwIfAborted();
  if (code !== 0) throw new BuildFailed(app, logFile);
  mkdirSync(dirname(recordOf(root, app)), { recursive: true });
  writeFileSync(recordOf(root, app), fingerprint);
}

/**
 * Builds those services whose sources have changed since their last build.
 *
 * @throws BuildFailed
 */
export async function buildStale(apps: readonly string[], plan: BuildPlan): Promise<void> {
  const waiting = apps
    .map((app) => ({ app, fingerprint: sourceFingerprint(plan.root, app) }))
    .filter(({ app, fingerprint }) => !isCurrent(plan.root, app, fingerprint));
  if (waiting.length === 0) return;
  plan.say(`Building ${waiting.map(({ app }) => app).join(', ')} ...`);
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await build(next.app, next.fingerprint, plan);
  };
  const results = await Promise.allSettled(Array.from({ length: AT_ONCE }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
