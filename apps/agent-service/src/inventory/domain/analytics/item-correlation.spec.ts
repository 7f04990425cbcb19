import { describe, expect, it } from '@jest/globals';
import { correlationAnalysis } from './item-correlation.ts';
import { inOrder, playDetector, registered, usedDaily } from './played-analytics.contract.ts';

/** Seeded, 0 to 1. */
const noise = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
};
const random = (seed: number, days = 84, mean = 20) => {
  const next = noise(seed);
  return Array.from({ length: days }, () => Math.round(mean + (next() + next() + next() - 1.5) * 8));
};
const play = (series: Readonly<Record<string, readonly number[]>>) => {
  const player = playDetector(correlationAnalysis);
  player.tell(
    ...Object.keys(series).map((sku) => registered(sku)),
    ...inOrder(...Object.entries(series).flatMap(([sku, values]) => usedDaily(sku, values))),
  );
  return player.decisions;
};
const others = { X: random(11), Y: random(12), Z: random(13) };

describe('correlation analysis', () => {
  it('tells items that are used together, each pair once', () => {
    const buns = random(1);
    const burgers = buns.map((value, day) => value + (day % 3));
    const decisions = play({ BUN: buns, BURGER: burgers, ...others });
    expect(decisions).toMatchObject([
      {
        decisionType: 'correlation_analysis',
        subject: 'item:BUN',
        state: 'complements',
        action: { kind: 'link-items', skus: ['BUN', 'BURGER'], relation: 'complements' },
      },
    ]);
  });

  it('tells items that replace each other', () => {
    const white = random(2);
    const brown = white.map((value, day) => 40 - value + (day % 3));
    expect(play({ BROWN: brown, WHITE: white, ...others })).toMatchObject([
      { subject: 'item:BROWN', state: 'substitutes', action: { relation: 'substitutes' } },
    ]);
  });

  it('says nothing of items that only have weekdays, growth or busy days in common', () => {
    const busy = random(3, 84, 0).map((value) => value / 10);
    const item = (seed: number) =>
      random(seed).map((value, day) => Math.round(value * (1 + (day % 7) / 10) + day / 4 + 3 * (busy[day] ?? 0)));
    expect(play(Object.fromEntries([1, 2, 3, 4, 5, 6].map((seed) => [`ITEM${seed}`, item(seed)])))).toEqual([]);
  });

  it('says nothing of items that were short on the same days', () => {
    const short = (values: readonly number[]) => values.map((value, day) => (day % 28 > 24 ? 0 : value));
    expect(play({ A: short(random(21)), B: short(random(22)), ...others })).toEqual([]);
  });

  it('finds hardly anything among many items that have nothing in common', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`ITEM${index}`, random(100 + index)]));
    expect(play(many)).toEqual([]);
  });

  it('waits for sixty days', () => {
    const buns = random(1, 59);
    expect(play({ BUN: buns, BURGER: buns })).toEqual([]);
  });
});
