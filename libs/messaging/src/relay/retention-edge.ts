import { position, START, type EventStore, type Position } from '#libs/event-store';
import { MINUTE_MS } from '#libs/kernel';

/** Clocks differ: what would be removed within the next minute counts as removed, but no more than a tenth of all. */
const slackMs = (maxAgeMs: number): number => Math.min(MINUTE_MS, maxAgeMs / 10);

/**
 * The last position whose message retention would have removed by now, if it had been published at once; `START` when
 * everything would still be there. Finds it by the time of some twenty events, however long the log is.
 *
 * @param maxAgeMs 0: messages are kept for ever
 */
export async function retentionEdge(
  store: Pick<EventStore, 'readAll' | 'head'>,
  maxAgeMs: number,
  now: Date,
): Promise<Position> {
  if (maxAgeMs === 0) return START;
  const oldest = now.getTime() - maxAgeMs + slackMs(maxAgeMs);
  const isKept = async (after: number): Promise<boolean> => {
    const [next] = await store.readAll({ after: position(after), limit: 1 });
    return next === undefined || next.recordedAt.getTime() >= oldest;
  };
  // The least position behind which the next event is young enough; times rise with positions.
  let [low, high] = [0, Number(await store.head())];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await isKept(middle)) high = middle;
    else low = middle + 1;
  }
  return position(low);
}
