import type { Random } from '../random.ts';
import type { Good } from '../trades/trade.ts';

/** Of what one customer spends. */
const SPREAD = 0.3;
const LEAST_SHARE = 0.3;
const MOST_TRIES = 40;

export type Basket = ReadonlyMap<Good, number>;

/**
 * What one customer takes who would spend about the average. What is not there is not taken, and counted as lost.
 */
export function fillBasket({
  random,
  goods,
  averageTicket,
  takeOne,
}: Readonly<{
  random: Random;
  goods: readonly Good[];
  averageTicket: number;
  takeOne: (good: Good) => boolean;
}>): Readonly<{ basket: Basket; lostUnits: number }> {
  const basket = new Map<Good, number>();
  const weighted = goods.map((good) => [good, good.popularity] as const);
  let wanted = averageTicket * Math.max(LEAST_SHARE, random.normal(1, SPREAD));
  let lostUnits = 0;
  const cheapest = Math.min(...goods.map(({ sellingPrice }) => sellingPrice));
  for (let tries = 0; tries < MOST_TRIES && wanted >= cheapest / 2; tries += 1) {
    const good = random.choose(weighted);
    // To the nearest: on average customers spend what they meant to.
    if (wanted < good.sellingPrice / 2) continue;
    wanted -= good.sellingPrice;
    if (takeOne(good)) basket.set(good, (basket.get(good) ?? 0) + 1);
    else lostUnits += 1;
  }
  return { basket, lostUnits };
}
