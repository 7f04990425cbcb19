import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Happening } from '#libs/testing';
import { cashLevelOf } from '../cash-level.ts';
import { cashOf } from '../ledger-book.ts';
import { billed, day, invoiced, of, opened, playAccounting, said, spent, usd } from '../telling.contract.ts';

const low = (player: ReturnType<typeof playAccounting>) => said(of(player, 'low_cash_alert'));

describe('low_cash_alert', () => {
  it('is decided below the threshold, not at it', () => {
    const player = playAccounting();
    player.tell(opened(3_000), spent(2_000, `${day(1)}T10:00:00Z`));
    expect(low(player)).toEqual([]);
    player.tell(spent(0.01, `${day(1)}T11:00:00Z`));
    expect(low(player)).toEqual(['cash opened low']);
  });

  it('names what falls due and what is missing', () => {
    const player = playAccounting();
    player.tell(opened(3_000), billed('b1', 400, day(5)), billed('b2', 900, day(40)), invoiced('i1', 250, day(6)));
    player.tell(spent(2_300, `${day(1)}T10:00:00Z`));
    const [decision] = of(player, 'low_cash_alert');
    expect(decision).toMatchObject({
      action: {
        kind: 'protect-cash',
        shortfall: usd(300),
        by: day(1),
        measures: ['collect-receivables', 'defer-payables', 'cut-expenses'],
      },
      figures: { cash: usd(700), threshold: usd(1_000), [`payables due until ${day(15)}`]: usd(400) },
    });
    expect(decision?.reasoning).toContain('USD 700.00');
  });

  it('is decided again when it becomes critical or negative, and not while it goes up and down about the threshold', () => {
    const player = playAccounting();
    player.tell(opened(3_000), spent(2_100, `${day(1)}T10:00:00Z`));
    player.tell(
      spent(-110, `${day(3)}T10:00:00Z`),
      spent(50, `${day(5)}T10:00:00Z`),
      spent(-60, `${day(7)}T10:00:00Z`),
    );
    expect(low(player)).toEqual(['cash opened low']);
    player.tell(spent(600, `${day(7)}T11:00:00Z`), spent(600, `${day(7)}T12:00:00Z`));
    expect(low(player)).toEqual(['cash opened low', 'cash changed critical', 'cash changed negative']);
    player.tell(spent(-5_000, `${day(9)}T12:00:00Z`));
    expect(player.cleared).toEqual(['low-cash:cash']);
  });

  it('is not decided without an account for cash, nor for money in another currency', () => {
    const player = playAccounting();
    player.tell(opened(10, 'credit'), spent(50, `${day(1)}T10:00:00Z`, { accountId: 'nowhere' }));
    expect(low(player)).toEqual([]);
    player.tell(opened(5_000), spent(4_900, `${day(2)}T10:00:00Z`, { amount: { amount: 490_000, currency: 'EUR' } }));
    expect(low(player)).toEqual([]);
  });

  it('fault 6: balances follow from what happened, so that cash can become low', () => {
    const player = playAccounting();
    player.tell(opened(25_000), opened(50_000, 'savings'));
    expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(7_500_000);
    player.tell(spent(74_500, `${day(2)}T10:00:00Z`));
    expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(50_000);
    expect(low(player)).toEqual(['cash opened low']);
  });

  it('never gets better by less cash', () => {
    const rank = ['unknown', 'enough', 'low', 'critical', 'negative'];
    fc.assert(
      fc.property(
        fc.integer({ min: -5_000, max: 5_000 }),
        fc.nat(5_000),
        fc.nat(4_000),
        fc.constantFrom('enough', 'low', 'critical', 'negative' as const),
        (cash, less, threshold, before) => {
          const level = cashLevelOf(cash, threshold, before);
          const lower = cashLevelOf(cash - less, threshold, before);
          expect(rank.indexOf(lower)).toBeGreaterThanOrEqual(rank.indexOf(level));
          expect(cashLevelOf(cash, threshold, level)).toBe(level);
        },
      ),
      { seed: 5 },
    );
  });
});

describe('cash_flow_forecast', () => {
  const weeks = (count: number, perDay: (index: number) => number) => {
    const player = playAccounting();
    player.tell(opened(20_000));
    for (let index = 1; index < count * 7; index += 1) player.tell(spent(perDay(index), `${day(index)}T10:00:00Z`));
    return player;
  };

  it('warns once of the day on which cash ends, with the interval and the back-test', () => {
    const player = weeks(10, (index) => 260 + 10 * (index % 3));
    const warnings = of(player, 'cash_flow_forecast').filter(({ subject }) => subject === 'cash');
    expect(said(warnings)).toEqual(['cash opened shortfall', 'cash changed overdrawn']);
    expect(warnings[0]?.figures).toMatchObject({ horizon: 30, method: expect.any(String) });
    expect(warnings[0]?.action.kind).toBe('protect-cash');
    expect(warnings[0]?.reasoning).toMatch(/in 8 of 10 cases USD .* back-test/u);
  });

  it('reports once a week when nothing threatens', () => {
    const player = weeks(9, (index) => -20 + (index % 2));
    const reports = of(player, 'cash_flow_forecast');
    expect(reports.map(({ subject }) => subject)).toEqual([29, 36, 43, 50, 57].map((index) => `week:${day(index)}`));
  });

  it('does not take for a habit what the owner puts in or takes out, nor what happened once', () => {
    const steady = (...odd: readonly Happening[]) => {
      const player = playAccounting();
      player.tell(opened(30_000), {
        ...opened(0, 'credit'),
        data: { ...opened(0).data, accountId: 'owner', kind: 'equity' },
      } as Happening);
      for (let index = 1; index < 40; index += 1) player.tell(spent((index % 3) - 1 || 2, `${day(index)}T10:00:00Z`));
      player.tell(...odd);
      player.waitUntil(`${day(42)}T12:00:00Z`);
      return of(player, 'cash_flow_forecast').filter(({ subject }) => subject === 'cash');
    };
    const draw = { kind: 'transfer', accountId: undefined, fromAccountId: 'checking', toAccountId: 'owner' } as const;
    const draws = [36, 37, 38, 39].map((index) => spent(6_000, `${day(index)}T12:00:00Z`, draw));
    expect(steady(...draws)).toEqual([]);
    expect(steady(spent(20_000, `${day(39)}T12:00:00Z`))).toEqual([]);
    expect(said(steady(...draws.map(({ at }) => spent(6_000, at))))).toHaveLength(1);
  });

  it('counts bills and invoices on the days they fall due', () => {
    const player = weeks(5, () => 1);
    player.tell(billed('big', 30_000, day(50), day(34)));
    player.tell(spent(1, `${day(35)}T10:00:00Z`));
    expect(said(of(player, 'cash_flow_forecast').filter(({ subject }) => subject === 'cash'))).toEqual([
      'cash opened overdrawn',
    ]);
  });

  it('fault 2: plain dates are no hindrance to the daily analysis and the forecast', () => {
    const player = weeks(9, (index) => -20 + (index % 2));
    expect(of(player, 'daily_financial_analysis').length).toBeGreaterThan(50);
    expect(of(player, 'cash_flow_forecast').length).toBeGreaterThan(3);
  });

  it('needs four weeks of history', () => {
    expect(
      of(
        weeks(3, () => 500),
        'cash_flow_forecast',
      ),
    ).toEqual([]);
  });
});
