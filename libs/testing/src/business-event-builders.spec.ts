import { describe, expect, it } from '@jest/globals';
import { parseBusinessEvent } from '#libs/contracts';
import { anItemRegistered, aStockMovement } from './business-event-builders.ts';

describe('builders of business events', () => {
  it('make events that their contracts take', () => {
    expect(parseBusinessEvent(anItemRegistered('A')).data).toMatchObject({ sku: 'A', reorderPoint: 10 });
    expect(parseBusinessEvent(aStockMovement({ id: '1', sku: 'A', movement: 'out', quantity: 2 })).data).toMatchObject({
      movement: 'out',
      quantity: { value: 2, unit: 'each' },
    });
  });

  it('let a spec change what matters to it', () => {
    const event = anItemRegistered('A', { id: 'mine', data: { reorderPoint: 3 } });

    expect(event).toMatchObject({ id: 'mine', data: { sku: 'A', reorderPoint: 3, reorderQuantity: 40 } });
  });
});
