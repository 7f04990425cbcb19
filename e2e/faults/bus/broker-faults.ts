import { chown, cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedNats } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { STREAM, type BusSystem } from './system.ts';

const FOLDER = 'jetstream';
const NANOSECONDS_PER_SECOND = 1_000_000_000;
const RETENTION_S = 1;
const WITHIN_MS = 30_000;

/** What a broker's disk held at some moment. */
export type StoreCopy = Readonly<{ folder: string; remove: () => Promise<void> }>;

/** Of a server that does not run. */
export async function emptyStore({ storeDir }: EmbeddedNats): Promise<void> {
  await rm(join(storeDir, FOLDER), { recursive: true, force: true });
}

/** Of a running server, which stands still meanwhile: what a power cut would leave, and what it never wrote is not in it. */
export async function copyStore({ storeDir, pid }: EmbeddedNats): Promise<StoreCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'steward-broker-'));
  process.kill(pid, 'SIGSTOP');
  try {
    await cp(join(storeDir, FOLDER), join(folder, FOLDER), { recursive: true });
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** To a server that does not run. */
export async function putBackStore(nats: EmbeddedNats, copy: StoreCopy): Promise<void> {
  await emptyStore(nats);
  const store = join(nats.storeDir, FOLDER);
  await cp(join(copy.folder, FOLDER), store, { recursive: true });
  // A server that root starts runs as the owner of its folder.
  const { uid, gid } = await stat(nats.storeDir);
  await chown(store, uid, gid);
  for (const name of await readdir(store, { recursive: true })) await chown(join(store, name), uid, gid);
}

/** Lets every message age that is in the stream, then keeps them for as long as before. */
export async function shortenRetention(system: BusSystem): Promise<void> {
  system.hasRetention = true;
  await system.onBus(async ({ manager }) => {
    const { config, state } = await manager.streams.info(STREAM);
    const short = RETENTION_S * NANOSECONDS_PER_SECOND;
    await manager.streams.update(STREAM, { ...config, max_age: short, duplicate_window: short });
    const areGone = async (): Promise<boolean> => (await manager.streams.info(STREAM)).state.first_seq > state.last_seq;
    await eventually(areGone, { withinMs: WITHIN_MS });
    const { max_age, duplicate_window } = config;
    await manager.streams.update(STREAM, { ...config, max_age, duplicate_window });
  });
}
