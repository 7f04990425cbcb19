// Makes a fresh clone ready: npm packages, Node 24, PostgreSQL and nats-server. Runs before `npm start` and `npm test`,
// with any Node >= 20 and before any package is there, thus plain JavaScript and Node's own modules only.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const LOCK = join(ROOT, 'package-lock.json');
const RUNTIME = join(MODULES, '.bin', 'node');
// Lives in node_modules, so that whatever removes those removes it as well.
const STAMP = join(MODULES, '.steward-setup.json');
const MINIMUM_MAJOR = 20;

function say(line) {
  process.stderr.write(`setup: ${line}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // absent or half written: the same as never done
  }
}

/** Tests always run servers of their own; `npm start` needs none of a kind whose address is given. */
function serversNeeded() {
  const forTests = process.env.npm_lifecycle_event === 'pretest';
  return [
    ...(forTests || !process.env.DATABASE_URL ? ['postgres'] : []),
    ...(forTests || !process.env.NATS_URL ? ['nats'] : []),
  ];
}

/** A program is the same one while its size and time are. */
function fingerprint(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'absent' : `${stat.size}:${Math.trunc(stat.mtimeMs)}`;
}

function isDone(stamp, lockHash, needed) {
  if (stamp?.lockHash !== lockHash || stamp.runtime !== fingerprint(RUNTIME)) return false;
  return (
    needed.every((server) => server in stamp.servers) && Object.values(stamp.servers).every((file) => existsSync(file))
  );
}

/** Whether node_modules holds what the lock file says, by npm's own list of what it installed. */
function packagesMatch() {
  const wanted = readJson(LOCK)?.packages;
  const installed = readJson(join(MODULES, '.package-lock.json'))?.packages;
  if (wanted === undefined || installed === undefined) return false;
  const same = (name) => installed[name]?.version === wanted[name]?.version;
  const required = Object.keys(wanted).filter(
    (name) => name !== '' && !wanted[name].optional && !wanted[name].devOptional,
  );
  return (
    required.every((name) => wanted[name].link || same(name)) &&
    Object.keys(installed).every((name) => installed[name].optional || same(name))
  );
}

/** Runs a command to its end with its output kept back; a signal that asks us to stop stops it, too. */
async function run(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', (bytes) => output.push(bytes));
  child.stderr.on('data', (bytes) => output.push(bytes));
  const forward = (signal) => child.kill(signal);
  process.on('SIGINT', forward);
  process.on('SIGTERM', forward);
  const [code, signal, error] = await new Promise((resolve) => {
    child.once('error', (cause) => resolve([null, null, cause]));
    child.once('close', (...exit) => resolve(exit));
  });
  process.off('SIGINT', forward);
  process.off('SIGTERM', forward);
  if (signal !== null || code === 130 || code === 143) fail('stopped; the next start goes on from here.');
  return { ok: code === 0, output: error?.message ?? Buffer.concat(output).toString('utf8') };
}

/** npm names itself when it runs us; when we were started by hand, it is on PATH. */
async function npm(args) {
  const self = process.env.npm_execpath;
  const quiet = [...args, '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  return self?.endsWith('.js')
    ? run(process.env.npm_node_execpath ?? process.execPath, [self, ...quiet])
    : run('npm', quiet);
}

function failIfNot(result, command) {
  if (result.ok) return;
  fail(`${command} failed. It said:\n${result.output.trim().split('\n').slice(0, 25).join('\n')}`);
}

/** A lock file that was written where a registry lacks the builds for other systems is no reason to stop. */
async function npmCi() {
  const result = await npm(['ci']);
  const lacksOptional = result.output.includes('EUSAGE') && !/Invalid:/.test(result.output);
  if (result.ok || !lacksOptional) return failIfNot(result, 'npm ci');
  say('package-lock.json lacks packages for some systems, so npm ci refuses: npm install --no-save instead.');
  failIfNot(await npm(['install', '--no-save']), 'npm install --no-save');
}

function runtimeWorks() {
  const wanted = readJson(join(ROOT, 'package.json'))?.devDependencies?.node;
  const { stdout } = spawnSync(RUNTIME, ['--version'], { encoding: 'utf8' });
  return stdout?.trim() === `v${wanted}`;
}

async function installPackages(lockHash, stamp) {
  const isFirst = !existsSync(MODULES);
  const known = stamp?.lockHash === lockHash && existsSync(join(MODULES, '.package-lock.json'));
  if (isFirst || (!known && !packagesMatch())) {
    say(
      `installing npm packages (npm ci), because ${isFirst ? 'there are none' : 'package-lock.json has changed'}; this takes a minute.`,
    );
    await npmCi();
  }
  if (runtimeWorks()) return;
  say('installing Node 24 (npm rebuild node), because node_modules/.bin/node does not run.');
  failIfNot(await npm(['rebuild', 'node', '--ignore-scripts=false']), 'npm rebuild node');
  if (!runtimeWorks()) fail('node_modules/.bin/node still does not run. Remove node_modules and start again.');
}

/** The search and the installation of servers are TypeScript, which Node 24 runs. */
function ensureServers(needed) {
  const { status, stdout } = spawnSync(RUNTIME, [join(ROOT, 'deploy/local/ensure-servers.ts'), ...needed], {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (status !== 0) process.exit(status ?? 1);
  return JSON.parse(stdout);
}

if (Number(process.versions.node.split('.')[0]) < MINIMUM_MAJOR) {
  fail(
    `this is Node ${process.versions.node}; Node ${MINIMUM_MAJOR} or newer is needed. Install it from https://nodejs.org, then start again.`,
  );
}
const lockHash = createHash('sha256').update(readFileSync(LOCK)).digest('hex');
const needed = serversNeeded();
const stamp = readJson(STAMP);
if (!isDone(stamp, lockHash, needed)) {
  await installPackages(lockHash, stamp);
  const servers = ensureServers(needed);
  writeFileSync(STAMP, JSON.stringify({ lockHash, runtime: fingerprint(RUNTIME), servers }));
}
