import { describe, expect, it } from '@jest/globals';
import { decisionActionSchema, TransactionRecordedV1 } from '#libs/contracts';
import { businessSettingsSchema } from '#libs/business-settings';
import { day, of, playAccounting, said, sold, spent, usualExpenses } from '../telling.contract.ts';

describe('transaction_anomaly', () => {
  const after = (days: number, settings?: Parameters<typeof playAccounting>[0]) => {
    const player = playAccounting(settings);
    player.tell(...usualExpenses(days));
    return player;
  };

  it('is decided for an amount far above similar ones, with the figures in words', () => {
    const player = after(40);
    player.tell(spent(500, `${day(40)}T11:00:00Z`, { transactionId: 'tx-odd' }));
    const [decision] = of(player, 'transaction_anomaly');

    expect(decision).toMatchObject({
      decisionType: 'transaction_anomaly',
      subject: 'transaction:tx-odd',
      state: 'unusual-amount',
      action: { kind: 'flag-transaction', transactionRef: 'transaction:tx-odd', concerns: ['unusual-amount'] },
    });
    expect(decision?.reasoning).toContain('USD 500.00');
    expect(decision?.reasoning).toContain('40 similar ones');
    expect(decision?.confidenceBasis?.map(({ factor }) => factor)).toEqual([
      'data_volume',
      'historical_accuracy',
      'trend_stability',
      'seasonal_consistency',
    ]);
  });

  it('is not decided for an amount within the usual spread and the threshold, and is above them', () => {
    const player = after(40);
    player.tell(spent(130, `${day(40)}T11:00:00Z`), spent(70, `${day(40)}T12:00:00Z`));
    expect(of(player, 'transaction_anomaly')).toEqual([]);
    player.tell(spent(190, `${day(41)}T11:00:00Z`));
    expect(of(player, 'transaction_anomaly')).toHaveLength(1);
  });

  it('heeds the owner’s threshold', () => {
    const wide = businessSettingsSchema.parse({
      business: { name: 'Spec', type: 'retail' },
      agents: { accounting: { anomalyThreshold: 4 } },
    });
    const odd = spent(200, `${day(40)}T11:00:00Z`);
    const strict = after(40);
    strict.tell(odd);
    const lenient = after(40, wide);
    lenient.tell(odd);

    expect(of(strict, 'transaction_anomaly')[0]?.confidenceBasis?.[2]?.value).toBe(1);
    expect(of(lenient, 'transaction_anomaly')[0]?.confidenceBasis?.[2]?.value).toBe(0.75);
  });

  it('is not decided with too few to compare with', () => {
    const player = after(8);
    player.tell(spent(5_000, `${day(8)}T11:00:00Z`));
    expect(of(player, 'transaction_anomaly')).toEqual([]);
  });

  it('is decided for an hour at which there never is any, and not for one beside the usual', () => {
    const player = after(40);
    player.tell(spent(100, `${day(40)}T17:10:00Z`), spent(101, `${day(41)}T09:05:00Z`));
    expect(of(player, 'transaction_anomaly')).toEqual([]);
    player.tell(spent(100, `${day(42)}T03:07:00Z`, { transactionId: 'tx-night' }));
    expect(of(player, 'transaction_anomaly')).toMatchObject([
      { subject: 'transaction:tx-night', state: 'unusual-time' },
    ]);
  });

  it('compares sales with those of their channel, and what takes back with what takes back', () => {
    const player = playAccounting();
    for (let index = 0; index < 60; index += 1) player.tell(sold(40 + (index % 9), `${day(index)}T12:00:00Z`));
    player.tell(sold(46, `${day(60)}T12:00:00Z`), spent(-45, `${day(60)}T13:00:00Z`));
    expect(of(player, 'transaction_anomaly')).toEqual([]);
    player.tell(sold(400, `${day(60)}T14:00:00Z`, 'big'));
    expect(of(player, 'transaction_anomaly')).toMatchObject([{ subject: 'order:big' }]);
  });
});

describe('the original’s faults', () => {
  it('fault 1: each transaction that the contract allows is assessed', () => {
    const player = playAccounting();
    const data = TransactionRecordedV1.sample;
    player.tell({ type: 'steward.accounting.transaction-recorded.v1', at: '2026-11-22T17:04:05Z', data });
    expect(player.assessor.book.ledger.days.get('2026-11-22')?.transactions).toBe(1);
  });

  it('fault 4: the time of day counts, by the clock of the business', () => {
    const settings = businessSettingsSchema.parse({
      business: { name: 'Spec', type: 'retail', timeZone: 'America/New_York' },
    });
    const player = playAccounting(settings);
    player.tell(...usualExpenses(40));
    // Usual are 10 to 16 h UTC, which is 6 to 12 h in New York; 23:30 UTC is 19:30 there.
    player.tell(spent(100, `${day(40)}T23:30:00Z`));
    const [decision] = of(player, 'transaction_anomaly');
    expect(decision).toMatchObject({ state: 'unusual-time', figures: { 'local time': '19:30' } });
  });

  it('fault 5: the action names the transaction, and everything in it can be written as JSON', () => {
    const player = playAccounting();
    player.tell(...usualExpenses(40));
    player.tell(spent(900, `${day(40)}T11:00:00Z`, { transactionId: 'tx-900' }));
    const [decision] = of(player, 'transaction_anomaly');
    const action: unknown = JSON.parse(JSON.stringify(decision?.action));
    expect(decisionActionSchema.parse(action)).toMatchObject({ transactionRef: 'transaction:tx-900' });
  });
});

describe('duplicate_transaction', () => {
  const same = { category: 'repairs', counterparty: 'Cool Air', description: 'Fridge 7 mended' };
  const twice = (apart: string, first: object = {}, second: object = {}) => {
    const player = playAccounting();
    player.tell(...usualExpenses(30));
    player.tell(spent(312.4, `${day(30)}T10:00:00Z`, { ...same, transactionId: 'tx-first', ...first }));
    player.tell(spent(312.4, apart, { ...same, transactionId: 'tx-second', ...second }));
    return said(of(player, 'duplicate_transaction'));
  };
  const FOUND = ['transaction:tx-second opened duplicate'];

  it('is decided for the same again within the hour, whatever its reference', () => {
    expect(twice(`${day(30)}T10:25:00Z`)).toEqual(FOUND);
    expect(twice(`${day(30)}T10:25:00Z`, { reference: 'A' }, { reference: 'A' })).toEqual(FOUND);
  });

  it('is decided within three days when the reference is the same, and not when it is another', () => {
    expect(twice(`${day(32)}T10:25:00Z`, { reference: 'A' }, { reference: 'A' })).toEqual(FOUND);
    expect(twice(`${day(32)}T10:25:00Z`, { reference: 'A' }, { reference: 'B' })).toEqual([]);
    expect(twice(`${day(34)}T10:25:00Z`, { reference: 'A' }, { reference: 'A' })).toEqual([]);
    expect(twice(`${day(31)}T10:25:00Z`, { reference: undefined }, { reference: undefined })).toEqual([]);
  });

  it('is not decided for another party, content or amount', () => {
    expect(twice(`${day(30)}T10:25:00Z`, { counterparty: 'Warm Air' })).toEqual([]);
    expect(twice(`${day(30)}T10:25:00Z`, { description: 'Oven mended' })).toEqual([]);
    expect(twice(`${day(30)}T10:25:00Z`, { amount: { amount: 31_241, currency: 'USD' } })).toEqual([]);
  });

  it('is not decided for the same transaction told again', () => {
    expect(twice(`${day(30)}T10:25:00Z`, {}, { transactionId: 'tx-first' })).toEqual([]);
  });

  it('is not decided for what is paid regularly, each day, week or month', () => {
    const regular = { category: 'subscriptions', counterparty: 'Cloud', description: 'Plan' };
    for (const every of [1, 7, 30]) {
      const player = playAccounting();
      for (let index = 0; index < 90; index += every) {
        player.tell(spent(49, `${day(index)}T10:00:00Z`, { ...regular, reference: undefined }));
      }
      expect(of(player, 'duplicate_transaction')).toEqual([]);
    }
  });

  it('is not decided for what is equal many times a day, once that is known', () => {
    const fee = { category: 'fees', counterparty: 'Parking', description: 'Ticket', reference: undefined };
    const player = playAccounting();
    for (let index = 0; index < 120; index += 1) {
      const [date, hour] = [day(Math.floor(index / 10)), 8 + (index % 10)];
      player.tell(spent(5, `${date}T${String(hour).padStart(2, '0')}:${10 + (index % 40)}:00Z`, fee));
    }
    player.tell(spent(5, `${day(12)}T10:00:00Z`, fee), spent(5, `${day(12)}T10:20:00Z`, fee));
    expect(of(player, 'duplicate_transaction').length).toBeLessThanOrEqual(3);
    expect(of(player, 'duplicate_transaction').every(({ at }) => at < day(1))).toBe(true);
  });

  it('is not decided for small tickets that are often equal, and is for the same customer’s same sale', () => {
    const player = playAccounting();
    for (let index = 0; index < 600; index += 1) {
      const minute = String(index % 60).padStart(2, '0');
      player.tell(
        sold(
          3 + (index % 4),
          `${day(Math.floor(index / 40))}T${10 + (Math.floor(index / 4) % 10)}:${minute}:00Z`,
          `o-${index}`,
        ),
      );
    }
    expect(of(player, 'duplicate_transaction')).toEqual([]);
    player.tell(sold(71.35, `${day(15)}T12:00:00Z`, 'one', { customerId: 'anna' }));
    player.tell(sold(71.35, `${day(15)}T12:06:00Z`, 'two', { customerId: 'anna' }));
    expect(said(of(player, 'duplicate_transaction'))).toEqual(['order:two opened duplicate']);
  });
});

describe('missing_reference', () => {
  const after = (count: number, without: number) => {
    const player = playAccounting();
    player.tell(...usualExpenses(count - without), ...usualExpenses(without, { reference: undefined }));
    const before = of(player, 'missing_reference').length;
    player.tell(spent(100, `${day(45)}T11:00:00Z`, { reference: undefined, transactionId: 'tx-bare' }));
    return said(of(player, 'missing_reference').slice(before));
  };

  it('is decided where nearly all similar ones have one', () => {
    expect(after(20, 0)).toEqual(['transaction:tx-bare opened missing-reference']);
    expect(after(40, 2)).toEqual(['transaction:tx-bare opened missing-reference']);
  });

  it('is not decided where many have none, or too few are known', () => {
    expect(after(40, 6)).toEqual([]);
    expect(after(19, 0)).toEqual([]);
  });
});
