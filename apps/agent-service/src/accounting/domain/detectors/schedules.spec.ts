import { describe, expect, it } from '@jest/globals';
import type { Happening } from '#libs/testing';
import { judge } from '../anomaly-methods.ts';
import { bucketsFrom } from './aging.ts';
import { trendOf } from '../trend.ts';
import {
  billed,
  billPaid,
  day,
  invoiced,
  invoicePaid,
  of,
  opened,
  outcome,
  playAccounting,
  said,
  sold,
  spent,
  usd,
  usualExpenses,
} from '../telling.contract.ts';

describe('aging_analysis', () => {
  it('is decided when an invoice is overdue by more than the threshold, once for each bucket, and is over when it is paid', () => {
    const player = playAccounting();
    player.tell(opened(9_000), invoiced('i1', 800, day(10)));
    player.waitUntil(`${day(40)}T12:00:00Z`);
    expect(of(player, 'aging_analysis')).toEqual([]);
    player.waitUntil(`${day(41)}T12:00:00Z`);
    player.waitUntil(`${day(69)}T12:00:00Z`);
    expect(said(of(player, 'aging_analysis'))).toEqual(['invoice:i1 opened overdue-30']);
    player.waitUntil(`${day(72)}T12:00:00Z`);
    player.waitUntil(`${day(120)}T12:00:00Z`);
    expect(said(of(player, 'aging_analysis')).slice(1)).toEqual([
      'invoice:i1 changed overdue-60',
      'invoice:i1 changed overdue-90',
    ]);
    player.tell(invoicePaid('i1', 300, day(121)));
    expect(player.cleared).toEqual([]);
    player.tell(invoicePaid('i1', 500, day(122)));
    expect(player.cleared).toEqual(['receivable-aging:invoice:i1']);
  });

  it('says who owes how much, for how long, and what to do', () => {
    const player = playAccounting();
    player.tell(opened(9_000), invoiced('i1', 800, day(10)), invoicePaid('i1', 300, day(12)));
    const [decision] = player
      .waitUntil(`${day(41)}T12:00:00Z`)
      .filter(({ decisionType }) => decisionType === 'aging_analysis');
    expect(decision?.action).toEqual({
      ...{ kind: 'collect-receivable', invoiceId: 'i1', outstanding: usd(500), daysOverdue: 31, step: 'remind' },
    });
    expect(decision?.reasoning).toContain('Harbour Events');
    expect(decision?.reasoning).toContain('31 days overdue: USD 500.00 of USD 800.00');
  });

  it('is decided for bills after their own threshold', () => {
    const player = playAccounting();
    player.tell(opened(9_000), billed('b1', 800, day(10)), billed('b2', 80, day(10)), billPaid('b2', 80, day(11)));
    player.waitUntil(`${day(17)}T12:00:00Z`);
    expect(of(player, 'aging_analysis')).toEqual([]);
    player.waitUntil(`${day(18)}T12:00:00Z`);
    expect(of(player, 'aging_analysis')).toMatchObject([
      { subject: 'bill:b1', state: 'overdue-7', action: { kind: 'pay-bill', daysOverdue: 8 } },
    ]);
  });

  it('has buckets that rise', () => {
    expect([0, 7, 30, 45, 60].map(bucketsFrom)).toEqual([
      [0, 30, 60],
      [7, 30, 60],
      [30, 60, 90],
      [45, 60, 90],
      [60, 90, 120],
    ]);
  });

  it('fault 3: what is overdue at nine is decided, and the forecast of that hour runs too', () => {
    const player = playAccounting();
    player.tell(opened(20_000), invoiced('i1', 800, day(1)));
    for (let index = 1; index < 60; index += 1) player.tell(spent(250 + (index % 3), `${day(index)}T10:00:00Z`));
    expect(said(of(player, 'aging_analysis'))).toEqual(['invoice:i1 opened overdue-30']);
    expect(of(player, 'cash_flow_forecast').length).toBeGreaterThan(0);
  });

  it('fault 7: work of an hour is done once in it, however often somebody looks', () => {
    const player = playAccounting();
    player.tell(opened(20_000), invoiced('i1', 800, day(1)), sold(10, `${day(39)}T10:00:00Z`));
    for (let minute = 0; minute < 60; minute += 1) {
      player.waitUntil(`${day(40)}T09:${String(minute).padStart(2, '0')}:30Z`);
    }
    expect(of(player, 'aging_analysis', 'daily_financial_analysis').map(({ subject }) => subject)).toEqual([
      `day:${day(0)}`,
      'invoice:i1',
      `day:${day(39)}`,
    ]);
  });
});

describe('daily_financial_analysis', () => {
  it('comes once for each day with data, at six the next morning', () => {
    const player = playAccounting();
    player.tell(
      opened(500, 'savings'),
      sold(120, `${day(1)}T10:00:00Z`),
      sold(80, `${day(1)}T11:00:00Z`, 'second'),
      spent(50, `${day(1)}T12:00:00Z`),
    );
    player.waitUntil(`${day(2)}T07:00:00Z`);
    player.waitUntil(`${day(3)}T07:00:00Z`);
    const reports = of(player, 'daily_financial_analysis');
    expect(reports).toMatchObject([
      {
        subject: `day:${day(1)}`,
        at: `${day(2)}T06:00:00.000Z`,
        figures: { revenue: usd(200), expenses: usd(50), net: usd(150), sales: 2 },
        action: { kind: 'publish-report', report: 'daily-financial', from: day(1), to: day(1) },
      },
    ]);
  });

  it('compares with the same weekday of the weeks before', () => {
    const player = playAccounting();
    for (let index = 0; index < 57; index += 1) {
      const revenue = index === 49 ? 40 : index % 7 === 0 ? 100 : 300;
      player.tell(sold(revenue + (index % 3), `${day(index)}T10:00:00Z`));
    }
    const of49 = of(player, 'daily_financial_analysis').find(({ subject }) => subject === `day:${day(49)}`);
    expect(of49).toMatchObject({ state: 'revenue-below-usual' });
    expect(of49?.reasoning).toContain('against the mean of 7 Sundays');
    const of48 = of(player, 'daily_financial_analysis').find(({ subject }) => subject === `day:${day(48)}`);
    expect(of48?.state).toBe('revenue-as-usual');
  });

  it('tells what was earned in another currency, and adds it to nothing', () => {
    const player = playAccounting();
    const [sale] = [sold(20, `${day(10)}T12:00:00Z`)].flat();
    if (sale?.type !== 'steward.sales.order-completed.v1') throw new Error('A sale is needed.');
    player.tell({ ...sale, data: { ...sale.data, total: { amount: 2_450, currency: 'GBP' } } });
    const [decision] = player.waitUntil(`${day(11)}T12:00:00Z`);
    expect(decision?.figures).toMatchObject({ revenue: usd(0), 'revenue in GBP': { amount: 2_450, currency: 'GBP' } });
    expect(decision?.reasoning).toContain('GBP 24.50 was earned in another currency than USD');
  });
});

describe('financial_trend_analysis', () => {
  const selling = (perDay: (index: number) => number, days = 63) => {
    const player = playAccounting();
    for (let index = 0; index <= days; index += 1) {
      const weekday = [0.7, 0.8, 0.9, 1, 1.3, 1.4, 1.1][index % 7] ?? 1;
      player.tell(sold(perDay(index) * weekday * (1 + 0.1 * Math.sin(index * 5.1)), `${day(index)}T10:00:00Z`));
    }
    return said(of(player, 'financial_trend_analysis'));
  };

  it('is decided once for revenue that falls steadily', () => {
    expect(selling((index) => 1_000 - 8 * index)).toEqual(['trend:revenue opened falling']);
  });

  it('is decided for a fall of the last week', () => {
    expect(selling((index) => (index >= 57 ? 600 : 1_000), 65)).toEqual(['trend:revenue opened falling']);
  });

  it('is not decided for weekdays and chance', () => {
    expect(selling(() => 1_000)).toEqual([]);
  });

  it('takes more after false alarms', () => {
    const values = Array.from({ length: 56 }, (_, index) => 1_000 - 4 * index + 220 * Math.sin(index * 5.1));
    const weekdays = values.map((_, index) => (index % 7) + 1);
    expect(trendOf(values, { weekdays, shortDays: 7, caution: 0.5 })).toBeDefined();
    expect(trendOf(values, { weekdays, shortDays: 7, caution: 2 })).toBeUndefined();
  });
});

describe('decision_learning', () => {
  it('fault 8: outcomes change what the agent finds, and how sure it is', () => {
    const confidenceOf = (...told: readonly Happening[]) => {
      const player = playAccounting();
      player.tell(...usualExpenses(40), ...told);
      return of(player, 'transaction_anomaly');
    };
    const wrong = [0, 1, 2, 3, 4].map((index) => outcome(`d${index}`, false));
    const odd = spent(172, '2026-05-02T11:00:00Z');
    const strong = spent(900, '2026-05-02T12:00:00Z');

    expect(confidenceOf(odd, strong)).toHaveLength(2);
    expect(confidenceOf(...wrong, odd, strong)).toHaveLength(1);
    const doubted = confidenceOf(...wrong.slice(0, 4), strong)[0];
    expect(doubted?.confidence).toBeLessThan(confidenceOf(strong)[0]?.confidence ?? 0);
  });

  it('is decided when fewer than seven of ten are right, of five at least, and adjusts the parameter', () => {
    const player = playAccounting();
    player.tell(outcome('a', true), outcome('b', true), outcome('c', true), outcome('d', false));
    expect(of(player, 'decision_learning')).toEqual([]);
    player.tell(outcome('e', false));
    expect(of(player, 'decision_learning')).toMatchObject([
      {
        subject: 'learning:transaction_anomaly',
        state: 'caution-1.25',
        action: { kind: 'adjust-parameter', parameter: 'transaction_anomaly.caution', from: 1, to: 1.25 },
      },
    ]);
    expect(of(player, 'decision_learning')[0]?.reasoning).toContain(
      'Of the last 5 decisions of type transaction_anomaly 3 were right',
    );
  });

  it('is not decided at seven of ten', () => {
    const player = playAccounting();
    for (let index = 0; index < 10; index += 1) player.tell(outcome(`d${index}`, index % 10 < 7 || index > 100));
    expect(of(player, 'decision_learning')).toEqual([]);
  });

  it('becomes cautious up to twice, and comes back when its decisions are right', () => {
    const player = playAccounting();
    const caution = () => player.assessor.book.learning.types.get('transaction_anomaly')?.caution;
    for (let index = 0; index < 60; index += 1) player.tell(outcome(`w${index}`, false));
    expect(caution()).toBe(2);
    for (let index = 0; index < 100; index += 1) player.tell(outcome(`r${index}`, true));
    expect(caution()).toBe(1);
    expect(player.cleared).toEqual(['decision-learning:learning:transaction_anomaly']);
  });

  it('asks the owner where the threshold is the owner’s', () => {
    const player = playAccounting();
    for (let index = 0; index < 5; index += 1) player.tell(outcome(`d${index}`, false, 'low_cash_alert'));
    expect(of(player, 'decision_learning')).toMatchObject([
      { state: 'inaccurate', action: { kind: 'publish-report' } },
    ]);
  });

  it('heeds its own decisions only, and each once', () => {
    const player = playAccounting();
    for (let index = 0; index < 6; index += 1) player.tell(outcome('same', false));
    expect(player.assessor.book.learning.types.get('transaction_anomaly')).toMatchObject({
      caution: 1,
      outcomes: [{}],
    });
    player.tell({
      ...outcome('other', false),
      data: { ...outcome('other', false).data, agentId: 'hr_agent' },
    } as Happening);
    expect(player.assessor.book.learning.types.get('transaction_anomaly')?.outcomes).toHaveLength(1);
  });
});

it('judge: more amount never makes a high one less unusual', () => {
  const player = playAccounting();
  player.tell(...usualExpenses(40));
  const habit = [...player.assessor.book.similar.groups.values()][0]?.habit;
  if (!habit) throw new Error('no habit');
  const local = { minuteOfDay: 660, hour: 11 };
  let before = 0;
  for (let amount = 10_500; amount < 100_000; amount += 500) {
    const { says } = judge({ amount, local }, habit, { threshold: 0.2, sensitivity: 1 });
    const count = Object.values(says).filter(Boolean).length;
    expect(count).toBeGreaterThanOrEqual(before);
    before = count;
  }
  expect(before).toBe(3);
});
