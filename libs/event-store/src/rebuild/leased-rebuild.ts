import { randomUUID } from 'node:crypto';
import { LeasedWork } from '../postgres/leased-work.ts';
import { ProjectionRebuild, type RebuildOptions, type RebuildOutcome } from './projection-rebuild.ts';

/**
 * One rebuild, as soon as no other instance is at the same one. It ends when the lease is lost; run again, it goes on.
 *
 * @param onWaiting told once when another instance has the lease
 * @throws what `ProjectionRebuild.run` throws
 */
export async function rebuildUnderLease(options: RebuildOptions, onWaiting?: () => void): Promise<RebuildOutcome> {
  const { database, table, signal } = options;
  const ended = Promise.withResolvers<RebuildOutcome>();
  const lease = new LeasedWork({
    database,
    name: `rebuild:${table.name}`,
    owner: randomUUID(),
    onFailure: ended.reject,
    work: async (lost) => {
      clearTimeout(waiting);
      const stop = signal ? AbortSignal.any([lost, signal]) : lost;
      ended.resolve(await new ProjectionRebuild({ ...options, signal: stop }).run());
    },
  });
  const waiting = setTimeout(() => onWaiting?.(), PATIENCE_MS);
  const interrupted = (): void => {
    if (!lease.isHeld) ended.reject(signal?.reason);
  };
  signal?.addEventListener('abort', interrupted);
  lease.start();
  try {
    return await ended.promise;
  } finally {
    clearTimeout(waiting);
    signal?.removeEventListener('abort', interrupted);
    await lease.stop();
  }
}

/** Taking a free lease is one statement. */
const PATIENCE_MS = 1_000;
