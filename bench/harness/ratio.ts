import type { Measured } from './measure.ts';

/** The rate of the fastest of some rows; undefined when there is none. */
export function bestRate(rows: readonly Measured[], of: (row: Measured) => boolean): number | undefined {
  const rates = rows.filter(of).map(({ figures }) => figures.eventsPerSecond.median);
  return rates.length === 0 ? undefined : Math.max(...rates);
}

/** The lowest median latency of some rows; undefined when there is none. */
export function leastP50(rows: readonly Measured[]): number | undefined {
  const latencies = rows.flatMap(({ figures }) => figures.p50Ms ?? []);
  return latencies.length === 0 ? undefined : Math.min(...latencies);
}

/** Undefined when one of the two was not measured. */
export function ratio(figure: number | undefined, beside: number | undefined): number | undefined {
  return figure === undefined || beside === undefined ? undefined : figure / beside;
}

/** The ratios that could be made, by their column. */
export function beside(ratios: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(ratios).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])),
  );
}
