import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadEmmett, type EmmettPeer } from './emmett-peer.ts';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '..', 'peers');

/** Emmett, installed by its lock file when it is missing; undefined when that does not work, such as without a network. */
export function installPeers(say: (line: string) => void): EmmettPeer | undefined {
  const present = loadEmmett();
  if (present) return present;
  say('Installing what the log is measured beside: npm ci --prefix bench/peers');
  const npm = process.env['npm_execpath'];
  const [command, ...script] = npm === undefined ? ['npm'] : [process.execPath, npm];
  const { status } = spawnSync(command, [...script, 'ci', '--prefix', FOLDER], { stdio: ['ignore', 2, 2] });
  if (status !== 0) say('That failed: the rows of Emmett are left out.');
  return loadEmmett();
}
