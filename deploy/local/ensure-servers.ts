/**
 * Makes sure that the servers named as arguments (`postgres`, `nats`) are on this machine, installing them if it may.
 * Prints where they are as JSON, `{"postgres": "<program>", "nats": "<program>"}`; says what it does on stderr.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findNatsServer, findPostgresBinaries, ServerToolsMissing } from '#libs/embedded-servers';
import { installScript } from './install-script.ts';

const SERVERS = ['postgres', 'nats'] as const;
type Server = (typeof SERVERS)[number];

const FIND: Readonly<Record<Server, () => string>> = {
  postgres: () => join(findPostgresBinaries().postgresBin, 'postgres'),
  nats: () => findNatsServer(),
};

function say(line: string): void {
  process.stderr.write(`setup: ${line}\n`);
}

/** Where each one is, and what is missing of the others. */
function look(servers: readonly Server[]): { found: Partial<Record<Server, string>>; missing: string[] } {
  const found: Partial<Record<Server, string>> = {};
  const missing: string[] = [];
  for (const server of servers) {
    try {
      found[server] = FIND[server]();
    } catch (error) {
      if (!(error instanceof ServerToolsMissing)) throw error;
      missing.push(...error.missing);
    }
  }
  return { found, missing };
}

function isOnPath(program: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false; // not in this folder
    }
  });
}

/** The command that installs these packages here without asking anybody, if there is one. */
function installer(servers: readonly Server[]): { command: string; args: string[]; by: string } | undefined {
  if (isOnPath('apt-get')) {
    const packages = servers.map((server) => (server === 'postgres' ? 'postgresql' : 'nats-server'));
    const script = installScript(packages);
    if (process.getuid?.() === 0) return { command: 'sh', args: ['-c', script], by: 'apt-get' };
    const mayBeRoot = isOnPath('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
    return mayBeRoot ? { command: 'sudo', args: ['-n', 'sh', '-c', script], by: 'sudo apt-get' } : undefined;
  }
  if (!isOnPath('brew') || process.getuid?.() === 0) return undefined; // brew refuses root
  const formulas = servers.map((server) => (server === 'postgres' ? 'postgresql@17' : 'nats-server'));
  return { command: 'brew', args: ['install', '--quiet', ...formulas], by: 'brew' };
}

function install(servers: readonly Server[]): void {
  const chosen = installer(servers);
  if (chosen === undefined) return;
  say(`installing ${servers.join(' and ')} with ${chosen.by}; this takes a minute.`);
  const { status, stdout, stderr } = spawnSync(chosen.command, chosen.args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return;
  const output = `${stdout}${stderr}`.trimEnd().split('\n').slice(-20).join('\n');
  say(`${chosen.by} failed. It said:\n${output}`);
}

/** Backups of a server that is not ours need its programs, too; all else works without them. */
function warnWithoutBackupTools(): void {
  const { missing } = look(['postgres']);
  if (missing.length > 0)
    say(`backups will not work here until pg_dump and pg_restore are installed: missing ${missing.join('; ')}.`);
}

function ensure(servers: readonly Server[]): number {
  const lacking = servers.filter((server) => look([server]).missing.length > 0);
  if (lacking.length > 0) install(lacking);
  const { found, missing } = look(servers);
  if (missing.length > 0) {
    say(new ServerToolsMissing(missing).message);
    return 1;
  }
  if (!servers.includes('postgres')) warnWithoutBackupTools();
  process.stdout.write(JSON.stringify(found));
  return 0;
}

process.exitCode = ensure(SERVERS.filter((server) => process.argv.includes(server, 2)));
