import type { RebuildReport } from '#libs/event-store';
import type { Logger } from '../ports.ts';

/** One line for each so many percent, so that a long rebuild shows in the log and does not fill it. */
const PERCENT_PER_LINE = 10;

/**
 * Tells of a projection's rebuild in the background: a line when it begins, now and then, and before it switches.
 *
 * @param onLag told after each page how many events are missing to what the old rows know
 */
export function rebuildLog(
  logger: Pick<Logger, 'info'>,
  onLag: (events: number) => void,
): (report: RebuildReport) => void {
  let said = '';
  return ({ projection, version, phase, done, total, eventsPerSecond }) => {
    onLag(Math.max(0, total - done));
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
    const step = `${phase} ${Math.floor(percent / PERCENT_PER_LINE)}`;
    if (step === said) return;
    said = step;
    logger.info(
      { projection, version, phase, percent, position: done, eventsPerSecond: Math.round(eventsPerSecond) },
      'a new version of a read model is built beside the old one',
    );
  };
}
