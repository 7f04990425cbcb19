import type { Method, Past } from './method.ts';
import { meanOf } from './statistics.ts';

type Parameters = Readonly<{ forChance: number; forSize: number }>;

const GRID: readonly Parameters[] = [0.02, 0.05, 0.1, 0.2].flatMap((forChance) =>
  [0.05, 0.15, 0.3].map((forSize) => ({ forChance, forSize })),
);

/**
 * For items that are not used every day: the chance of any demand and its size are smoothed apart, and their product is expected of
 * each day (Teunter, Syntetos and Babai 2011). Unlike Croston's method it has no bias to correct, and it comes down
 * when nothing is used any more.
 */
export const intermittentDemand: Method = {
  name: 'intermittent-demand',
  leastDays: (season) => season,
  fit: (past) => {
    let best: Readonly<{ parameters: Parameters; loss: number }> | undefined;
    for (const parameters of GRID) {
      const { loss } = folded(past, parameters);
      if (!best || loss < best.loss) best = { parameters, loss };
    }
    const parameters = best?.parameters ?? { forChance: 0.05, forSize: 0.15 };
    return {
      forecast: (given, horizon) => new Array<number>(horizon).fill(folded(given, parameters).expected),
      carryOver: (horizon) => Array.from({ length: horizon }, (_, day) => (day === 0 ? 1 : parameters.forChance)),
    };
  },
};

function folded(
  { series, length, season }: Past,
  { forChance, forSize }: Parameters,
): Readonly<{ expected: number; loss: number }> {
  const first = Math.min(length, 4 * season);
  const sizes = series.slice(0, first).filter((value) => value > 0);
  let chance = sizes.length / Math.max(1, first);
  let size = meanOf(sizes);
  let loss = 0;
  for (let day = 0; day < length; day += 1) {
    const value = series[day] ?? 0;
    loss += (value - chance * size) ** 2;
    chance += forChance * ((value > 0 ? 1 : 0) - chance);
    if (value > 0) size = size === 0 ? value : size + forSize * (value - size);
  }
  return { expected: chance * size, loss };
}
