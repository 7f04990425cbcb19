import { describe, expect, it } from '@jest/globals';
import {
  dayOf,
  lastOf,
  moved,
  playInventory,
  received,
  registered,
  told,
  usedDaily,
} from '../../inventory-life.contract.ts';

const lot = (lotId: string, day: number) => ({ lotId, expiresOn: dayOf(day) });

/** Ten a day for three weeks until all is gone; then a lot of so many, good until so many days later. */
function lotOf(quantity: number, goodFor: number, data: Parameters<typeof registered>[1] = {}) {
  const life = playInventory();
  life.tell(registered('A', { reorderPoint: 1, ...data }), moved('A', 'in', 210, { time: '06:00' }));
  life.tell(...usedDaily('A', 10, { days: 21 }));
  life.tell(received('A', quantity, { day: 21, lot: lot('L1', 21 + goodFor), time: '08:00' }));
  return life;
}
const alerts = (life: ReturnType<typeof playInventory>) => told(life, 'expiry_alert');

describe('a lot', () => {
  it.each([
    { name: 'that will be gone in time is none', quantity: 40, goodFor: 3, found: [] },
    { name: 'of which less than a fifth is left over is none', quantity: 49, goodFor: 3, found: [] },
    { name: 'of which a fifth is left over is told', quantity: 50, goodFor: 3, found: ['expiry_alert lot:A/L1 soon'] },
    {
      name: 'that expires after the alert days is told as a risk',
      quantity: 120,
      goodFor: 8,
      found: ['expiry_alert lot:A/L1 at-risk'],
    },
    {
      name: 'that expires with the last alert day is told as soon',
      quantity: 120,
      goodFor: 7,
      found: ['expiry_alert lot:A/L1 soon'],
    },
    { name: 'that expires beyond the forecast is none yet', quantity: 900, goodFor: 31, found: [] },
  ])('$name', ({ quantity, goodFor, found }) => {
    expect(alerts(lotOf(quantity, goodFor))).toEqual(found);
  });

  it('of which nobody knows how fast it is used is at risk wholly, on its last days only', () => {
    const life = playInventory();
    life.tell(registered('A'));
    life.tell(moved('A', 'in', 40, { lot: lot('near', 1) }), moved('A', 'in', 40, { lot: lot('far', 2) }));
    expect(alerts(life)).toEqual(['expiry_alert lot:A/near soon']);
  });

  it('of pieces is told in whole pieces', () => {
    const life = playInventory();
    life.tell(registered('A', { reorderPoint: 1 }), moved('A', 'in', 210, { time: '06:00' }));
    life.tell(...usedDaily('A', (day) => 9 + (day % 2), { days: 21 }));
    life.tell(received('A', 90, { day: 21, lot: lot('L1', 23), time: '08:00' }));
    const atRisk = Number(lastOf(life, 'expiry_alert')?.figures['will not be used in time']);
    expect(Number.isInteger(atRisk)).toBe(true);
  });

  it('is used after those that expire before it', () => {
    const life = lotOf(40, 3);
    life.tell(received('A', 40, { day: 21, id: 'po-2', lot: lot('L2', 26), time: '09:00' }));
    // 60 are used until both have expired, 40 of them from the first.
    expect(alerts(life)).toEqual(['expiry_alert lot:A/L2 soon']);
    expect(lastOf(life, 'expiry_alert')?.figures).toMatchObject({ 'will not be used in time': 20 });
  });

  it('that has expired is told as such the morning after, and is over when it is thrown away', () => {
    const life = lotOf(60, 2);
    life.tell(moved('A', 'out', 10, { day: 22 }), moved('A', 'out', 10, { day: 23 }));
    expect(alerts(life)).toEqual(['expiry_alert lot:A/L1 soon']);
    life.tell(moved('B', 'in', 1, { day: 24 }));
    expect(alerts(life)).toEqual(['expiry_alert lot:A/L1 soon', 'expiry_alert lot:A/L1 expired']);
    expect(lastOf(life, 'expiry_alert')).toMatchObject({
      action: {
        kind: 'sell-lot',
        lotId: 'L1',
        atRisk: { value: 40 },
        atRiskValue: { amount: 8_000 },
        measures: ['dispose'],
      },
    });
    life.tell(moved('A', 'waste', 40, { day: 24, lot: { lotId: 'L1' } }));
    expect(life.cleared).toContain('expiry:lot:A/L1');
  });

  it('is offered cheaper the more of it is at risk, and the owner learns that the usual order is too large', () => {
    const life = lotOf(100, 3, { shelfLifeDays: 3, reorderQuantity: 100 });
    expect(lastOf(life, 'expiry_alert')).toMatchObject({
      action: { measures: ['use-first', 'discount', 'order-less'], discountPercent: 25, expiresOn: dayOf(24) },
      reasoning:
        `Item A, lot L1: 100 are left and expire on ${dayOf(24)}; at about 10 a day 60 (120.00 USD) will be left over. ` +
        'Use this lot first, and offer it at 25 % off. Your usual order of 100 is more than is used within the shelf life of 3 days: ' +
        'order less at a time.',
    });
  });
});
