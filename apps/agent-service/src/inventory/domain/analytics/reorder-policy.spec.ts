import { describe, expect, it } from '@jest/globals';
import { delivered, inOrder, playDetector, registered, settingsWith, usedDaily } from './played-analytics.contract.ts';
import { reorderPointOptimization } from './reorder-policy.ts';

const around = (mean: number, days: number) => Array.from({ length: days }, (_, day) => mean + ((day * 3) % 5) - 2);
const play = (master: Record<string, unknown>, days = 70, inventory: Record<string, unknown> = {}) => {
  const player = playDetector(reorderPointOptimization, settingsWith(inventory));
  player.tell(
    ...inOrder(
      registered('A', master),
      ...usedDaily('A', around(10, days)),
      ...[2, 12, 22, 32].flatMap((day) => delivered(`po-${day}`, day)),
    ),
  );
  return player.decisions;
};

describe('reorder point optimization', () => {
  it('proposes a higher point when stock runs out before the delivery', () => {
    const [decision] = play({ reorderPoint: 10, reorderQuantity: 240 });
    expect(decision).toMatchObject({
      decisionType: 'reorder_point_optimization',
      state: 'point-too-low',
      action: { kind: 'change-reorder-policy', sku: 'A', unit: 'each' },
    });
    expect(Number(decision?.figures['reorderPoint'])).toBeGreaterThanOrEqual(30);
    expect(Number(decision?.figures['reorderPoint'])).toBeLessThan(45);
  });

  it('proposes larger orders when ordering costs more than holding', () => {
    const [decision] = play({ reorderPoint: 34, reorderQuantity: 24 });
    expect(decision?.state).toBe('quantity-too-small');
    expect(decision?.figures['reorderQuantity']).toBeCloseTo(Math.sqrt((2 * 10 * 365 * 5_000) / 62.5), -1);
  });

  it('says nothing of a policy that is good enough', () => {
    expect(play({ reorderPoint: 34, reorderQuantity: 700 })).toEqual([]);
    expect(play({ reorderPoint: 36, reorderQuantity: 500 })).toEqual([]);
  });

  it('never proposes more than can be used before it spoils, or than there is room for', () => {
    const [perishable] = play({ reorderPoint: 34, reorderQuantity: 24, shelfLifeDays: 10 });
    expect(Number(perishable?.figures['reorderQuantity'])).toBeLessThanOrEqual(80);
    const [narrow] = play({ reorderPoint: 34, reorderQuantity: 24, maximumStock: 120 });
    expect(Number(narrow?.figures['reorderQuantity'])).toBeLessThanOrEqual(120);
  });

  it('counts what spoils of orders that are too large', () => {
    const [decision] = play({ reorderPoint: 34, reorderQuantity: 150, shelfLifeDays: 5 });
    expect(decision?.state).toBe('quantity-too-large');
    expect(Number(decision?.figures['reorderQuantity'])).toBeLessThanOrEqual(50);
  });

  it('fault 14: uses the measured lead time of the supplier that the item is linked to', () => {
    const [decision] = play({ reorderPoint: 10, reorderQuantity: 240 });
    expect(decision?.figures).toMatchObject({ leadTimeDays: 3, deliveriesMeasured: 3 });
    expect(decision?.reasoning).toContain('measured by 3 deliveries');
  });

  it('waits for four weeks of use, and keeps other currencies apart', () => {
    expect(play({ reorderPoint: 1, reorderQuantity: 24 }, 27)).toEqual([]);
    expect(play({ reorderPoint: 1, reorderQuantity: 24, unitCost: { amount: 250, currency: 'EUR' } })).toEqual([]);
  });

  it('is over once the owner has changed the policy', () => {
    const player = playDetector(reorderPointOptimization);
    player.tell(registered('A', { reorderPoint: 10, reorderQuantity: 240 }), ...usedDaily('A', around(10, 50)));
    expect(player.decisions).toHaveLength(1);
    const { action } = player.decisions[0] ?? {};
    const better = action?.kind === 'change-reorder-policy' ? action : undefined;
    player.tell(
      {
        ...registered('A', { reorderPoint: better?.reorderPoint, reorderQuantity: better?.reorderQuantity }),
        at: '2026-02-24T13:00:00Z',
      },
      ...usedDaily('A', [...new Array<number>(51).fill(0), ...around(10, 10)]),
    );
    expect(player.decisions).toHaveLength(1);
    expect(player.cleared).toEqual(['reorder-policy:item:A']);
  });
});
