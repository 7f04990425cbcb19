import { differs, summaryOf, type Comparison, type RebuildProgress } from '#libs/event-store';

const BAR_WIDTH = 24;
const EVERY_MS = 5_000;

/** `[#####-----] 43 %  12,300 of 28,600  31,000 events/s  1 s left`. */
export function progressText({ phase, done, total, eventsPerSecond, remainingMs }: RebuildProgress): string {
  if (phase !== 'folding') return phase === 'comparing' ? 'comparing old and new rows' : 'switching';
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const full = Math.round(share * BAR_WIDTH);
  const left = remainingMs === undefined ? '' : `  ${durationText(remainingMs)} left`;
  return (
    `[${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}] ${Math.floor(share * 100)} %  ` +
    `${count(done)} of ${count(total)}  ${count(Math.round(eventsPerSecond))} events/s${left}`
  );
}

/** Writes one line that changes where somebody looks on, and now and then a new one where nobody does. */
export function progressWriter(): { show: (progress: RebuildProgress) => void; clear: () => void } {
  const { stdout } = process;
  let last = { phase: '', at: -Infinity };
  return {
    show: (progress) => {
      const text = progressText(progress);
      if (stdout.isTTY) stdout.write(`\r\u001b[K${text}`);
      else if (progress.phase !== last.phase || performance.now() - last.at > EVERY_MS) {
        last = { phase: progress.phase, at: performance.now() };
        console.log(text);
      }
    },
    clear: () => {
      if (stdout.isTTY) stdout.write('\r\u001b[K');
    },
  };
}

/** What the comparison found, a line each. */
export function comparisonLines(comparison: Comparison): readonly string[] {
  if (comparison.outcome === 'skipped') return [`Old and new rows were not compared: ${comparison.reason}.`];
  const lines = [`Old and new rows at position ${count(comparison.position)}: ${summaryOf(comparison)}.`];
  if (comparison.columnsOfOneSide.length > 0) {
    lines.push(`  columns that only one side has are left out: ${comparison.columnsOfOneSide.join(', ')}`);
  }
  if (!differs(comparison)) return lines;
  for (const { key, old, new: fresh } of comparison.examples) {
    lines.push(`  ${JSON.stringify(key)}`, `    old ${JSON.stringify(old)}`, `    new ${JSON.stringify(fresh)}`);
  }
  return lines;
}

/** `1,234,567`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
