import { describe, expect, it } from '@jest/globals';
import { endOf, inOrder, placed, playDetector, supplier } from './played-analytics.contract.ts';
import { supplierDiversificationAnalysis } from './supplier-diversification.ts';

/** Orders of the same size, so many from each. */
const play = (counts: Readonly<Record<string, number>>) => {
  const player = playDetector(supplierDiversificationAnalysis);
  const orders = Object.entries(counts).flatMap(([supplierId, count]) =>
    Array.from({ length: count }, (_, index) => placed({ id: `${supplierId}-${index}`, supplierId, placed: index })),
  );
  player.tell(supplier('a'), ...inOrder(...orders), { ...supplier('a'), at: endOf(40) });
  return player.decisions;
};

describe('supplier diversification analysis', () => {
  it('fault 13: is made of the orders that were placed, and tells a single source', () => {
    expect(play({ a: 12 })).toMatchObject([
      {
        decisionType: 'supplier_diversification_analysis',
        subject: 'supplier:a',
        state: 'single-source',
        figures: { concentration: 1, shareOfSpend: 1, suppliers: 1 },
        action: { measures: ['find-alternative', 'spread-orders'], targetShare: 0.5 },
      },
    ]);
    expect(play({ a: 11 })).toEqual([]);
  });

  it('tells spend that is concentrated above a half, and not at it', () => {
    expect(play({ a: 10, b: 10 })).toEqual([]);
    expect(play({ a: 11, b: 9 })).toMatchObject([{ state: 'concentrated', figures: { concentration: 0.505 } }]);
    expect(play({ a: 7, b: 7, c: 6 })).toEqual([]);
  });

  it('asks for a share that is less than now', () => {
    for (const one of [11, 14, 18]) {
      const [decision] = play({ a: one, b: 20 - one });
      const target = decision?.action.kind === 'review-supplier' ? decision.action.targetShare : 1;
      expect(target).toBeLessThan(one / 20);
    }
  });
});
