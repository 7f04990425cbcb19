import { describe, expect, it } from '@jest/globals';
import { moved, playInventory, registered, sold, told, usedDaily } from '../../inventory-life.contract.ts';

describe('overstock', () => {
  it.each([
    [105, []],
    [106, ['overstock_alert item:A over-maximum']],
  ])('of %d at a maximum of 100: %j', (quantity, found) => {
    const life = playInventory();
    life.tell(registered('A', { maximumStock: 100 }), moved('A', 'in', quantity));
    expect(told(life, 'overstock_alert')).toEqual(found);
  });

  it('says what it ties up', () => {
    const life = playInventory();
    life.tell(registered('A', { maximumStock: 100 }), moved('A', 'in', 150));
    expect(life.decisions.at(-1)).toMatchObject({
      action: { kind: 'reduce-stock', excess: { value: 50 }, tiedUp: { amount: 10_000, currency: 'USD' } },
      reasoning:
        'Item A: 150 in stock, your maximum is 100. 50 too many tie up 100.00 USD. ' +
        'Order none until it has come down, or sell some off.',
    });
  });

  it.each([
    [600, []],
    [900, ['overstock_alert item:A slow']],
  ])('without a maximum is more than half a year of use that ties up much: of %d at 2 a day %j', (quantity, found) => {
    const life = playInventory();
    life.tell(registered('A'), moved('A', 'in', quantity, { time: '06:00' }), ...usedDaily('A', 2, { days: 40 }));
    expect(told(life, 'overstock_alert')).toEqual(found);
  });
});

describe('a count', () => {
  const counted = (stock: number, difference: number) => {
    const life = playInventory();
    life.tell(registered('A', { reorderPoint: 0 }), moved('A', 'in', stock, { time: '06:00' }));
    life.tell(moved('A', 'adjustment', difference, { day: 1 }));
    return life;
  };

  it.each([
    { stock: 50, difference: -5, found: [] },
    { stock: 50, difference: -5.5, found: ['inventory_adjustment_alert item:A missing'] },
    { stock: 50, difference: 6, found: ['inventory_adjustment_alert item:A surplus'] },
    { stock: 10, difference: -2.9, found: [] },
    { stock: 10, difference: -3, found: ['inventory_adjustment_alert item:A missing'] },
  ])('that changes $stock by $difference: $found', ({ stock, difference, found }) => {
    expect(told(counted(stock, difference), 'inventory_adjustment_alert')).toEqual(found);
  });

  it('of the opening stock is none, and each later one counts for itself', () => {
    const life = playInventory();
    life.tell(registered('A', { reorderPoint: 0 }), moved('A', 'adjustment', 40));
    expect(life.decisions).toEqual([]);
    life.tell(moved('A', 'adjustment', -8, { day: 1 }), moved('A', 'adjustment', -8, { day: 2 }));
    expect(told(life)).toHaveLength(2);
  });

  it('says what was expected and what was counted', () => {
    expect(counted(50, -10).decisions.at(-1)).toMatchObject({
      action: { kind: 'investigate-stock', question: 'adjustment', difference: { value: -10, unit: 'each' } },
      reasoning:
        'Item A: the books said 50, the count 40: 10 are missing (20 %, worth 20.00 USD). ' +
        'Count again, then look for unbooked use, waste or deliveries.',
    });
  });
});

describe('waste', () => {
  /** 20 a day for four weeks, and so much thrown away in the last but one week. */
  const wasted = (quantity: number, inventory: object = {}) => {
    const life = playInventory(inventory);
    life.tell(registered('A', { reorderPoint: 0 }), moved('A', 'in', 3_000, { time: '06:00' }));
    life.tell(...usedDaily('A', 20, { days: 17 }), moved('A', 'waste', quantity, { day: 17 }));
    life.tell(...usedDaily('A', 20, { from: 17, days: 11 }), sold('A', 1, { day: 28, time: '12:00' }));
    return told(life, 'waste_analysis');
  };

  it.each([
    // 14 days of 20 used: 280.
    [14, []],
    [15, ['waste_analysis item:A above-limit']],
    [49, ['waste_analysis item:A above-limit']],
    [50, ['waste_analysis item:A heavy']],
  ])('of %d beside 280 used: %j', (quantity, found) => {
    expect(wasted(quantity)).toEqual(found);
  });

  it('goes by the limit of the business, and not by two pieces', () => {
    expect(wasted(15, { wasteShareLimit: 0.1 })).toEqual([]);
    expect(wasted(2, { wasteShareLimit: 0 })).toEqual([]);
    expect(wasted(3, { wasteShareLimit: 0.001 })).toHaveLength(1);
  });
});

describe('the whole stock', () => {
  const items = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
  /** Seven items, some of them with too little or too much. */
  const shop = (low: number, over: number, perDay = 10) => {
    const life = playInventory();
    for (const [index, sku] of items.entries()) {
      life.tell(registered(sku, { reorderPoint: 30, maximumStock: 400 }), moved(sku, 'in', 300, { time: '06:00' }));
      const difference = index < low ? -280 : index >= items.length - over ? 150 : 0;
      if (difference !== 0) life.tell(moved(sku, 'adjustment', difference, { time: '06:30' }));
    }
    for (let day = 0; day < 35; day += 1)
      for (const sku of items)
        life.tell(moved(sku, 'out', perDay, { day, time: '10:00' }), moved(sku, 'in', perDay, { day, time: '11:00' }));
    life.tell(sold('A', 1, { day: 35 }));
    return told(life, 'comprehensive_inventory_analysis');
  };

  it('says nothing when all is well', () => {
    expect(shop(1, 0)).toEqual([]);
  });

  it.each([
    { low: 2, over: 0, perDay: 10, state: 'low' },
    { low: 0, over: 1, perDay: 10, state: 'over' },
    { low: 0, over: 0, perDay: 1, state: 'slow' },
    { low: 2, over: 1, perDay: 10, state: 'low+over' },
  ])('tells what stands out once: $state', ({ low, over, perDay, state }) => {
    expect(shop(low, over, perDay)).toEqual([`comprehensive_inventory_analysis stock ${state}`]);
  });
});
