import type { ProducingLog, ProducingLogOptions } from './producing-log.ts';

/**
 * Plays another service: see `ProducingLog`. What it needs is loaded at the first call, since most specs use no log and
 * would wait a second for the drivers.
 */
export async function openProducingLog(options: ProducingLogOptions): Promise<ProducingLog> {
  const { ProducingLog: Opened } = await import('./producing-log.ts');
  return Opened.open(options);
}
