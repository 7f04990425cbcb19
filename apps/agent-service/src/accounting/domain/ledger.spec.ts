import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { deserialize, serialize } from 'node:v8';
import { BUSINESS_CONTRACTS, type ParsedBusinessEvent } from '#libs/contracts';
import type { CashQuestion, LoggedFact, Look } from '#libs/agent-kit';
import { agentId, tenantId } from '#libs/kernel';
import type { Happening } from '#libs/testing';
import { cashAdviser } from './cash-adviser.ts';
import { isCash, ledgerEntriesOf, type LedgerEvent } from './ledger-entry.ts';
import { cashOf, totalOf, type LedgerBook } from './ledger-book.ts';
import { outstandingUntil } from './open-documents.ts';
import {
  billed,
  billPaid,
  day,
  invoiced,
  invoicePaid,
  opened,
  playAccounting,
  SETTINGS,
  sold,
  spent,
  usd,
} from './telling.contract.ts';

const entries = ({ type, data }: Happening, settlement: readonly string[] = ['sales-deposit']) => {
  const event: LedgerEvent = { type, data } as LedgerEvent;
  return ledgerEntriesOf(event, { day: '2026-03-02' }, settlement).map((entry) =>
    'amount' in entry ? [entry.kind, entry.amount.amount] : [entry.kind],
  );
};

describe('what an event does to the books', () => {
  const at = '2026-03-02T10:00:00Z';

  it('takes a sale for revenue, and a return for revenue taken back', () => {
    const sale = sold(20, at);
    expect(entries(sale)).toEqual([['revenue', 2_000]]);
    expect(entries({ ...sale, data: { ...sale.data, kind: 'return' } } as Happening)).toEqual([['revenue', -2_000]]);
  });

  it('takes takings banked for money only, other income for money and revenue', () => {
    const income = { kind: 'income', category: 'sales-deposit' } as const;
    expect(entries(spent(20, at, income))).toEqual([['movement', 2_000]]);
    expect(entries(spent(20, at, { ...income, category: 'rent' }))).toEqual([
      ['movement', 2_000],
      ['revenue', 2_000],
    ]);
  });

  it('takes an expense for money out, and a negative one for money back', () => {
    expect(entries(spent(20, at))).toEqual([
      ['movement', -2_000],
      ['expense', 2_000],
    ]);
    expect(entries(spent(-20, at))).toEqual([
      ['movement', 2_000],
      ['expense', -2_000],
    ]);
  });

  it('moves a transfer from one account to the other', () => {
    const transfer = { kind: 'transfer', accountId: undefined, fromAccountId: 'a', toAccountId: 'b' } as const;
    expect(entries(spent(20, at, transfer))).toEqual([
      ['movement', -2_000],
      ['movement', 2_000],
    ]);
  });

  it('counts invoices and bills when they are issued, and their money when it moves', () => {
    expect(entries(invoiced('i', 20, day(9)))).toEqual([
      ['receivable-opened', 2_000],
      ['revenue', 2_000],
    ]);
    expect(entries(billed('b', 20, day(9)))).toEqual([
      ['payable-opened', 2_000],
      ['expense', 2_000],
    ]);
    expect(entries(invoicePaid('i', 20, day(9)))).toEqual([
      ['receivable-paid', 2_000],
      ['movement', 2_000],
    ]);
    expect(entries(billPaid('b', 20, day(9)))).toEqual([
      ['payable-paid', 2_000],
      ['movement', -2_000],
    ]);
  });

  it('is nothing for events that are not about money', () => {
    const others = BUSINESS_CONTRACTS.filter(({ type }) => !/accounting|sales/u.test(type));
    for (const { type, sample } of others) {
      expect(ledgerEntriesOf({ type, data: sample } as ParsedBusinessEvent, { day: day(1) }, [])).toEqual([]);
    }
    expect(isCash('credit')).toBe(false);
  });
});

describe('the book', () => {
  const receivable = (player: ReturnType<typeof playAccounting>) =>
    outstandingUntil(player.assessor.book.ledger.receivables, 'USD');

  it('counts an opening balance once', () => {
    const player = playAccounting();
    player.tell(opened(100), opened(100), spent(30, '2026-03-02T10:00:00Z'), opened(100));
    expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(7_000);
  });

  it('counts a payment that comes before its invoice, and each payment once', () => {
    const player = playAccounting();
    player.tell(
      opened(0),
      invoicePaid('i', 30, day(1), 'p1'),
      invoicePaid('i', 30, day(1), 'p1'),
      invoiced('i', 100, day(9), day(2)),
    );
    expect(receivable(player)).toBe(7_000);
    expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(3_000);
    player.tell(invoicePaid('i', 30, day(3), 'p1'));
    expect(receivable(player)).toBe(7_000);
  });

  it('owes nothing after an over-payment, also when the invoice is told again', () => {
    const player = playAccounting();
    player.tell(opened(0), invoiced('i', 100, day(9)), invoicePaid('i', 120, day(3)), invoiced('i', 100, day(9)));
    expect(receivable(player)).toBe(0);
    expect(totalOf(player.assessor.book.ledger.days.get(day(0))?.revenue ?? new Map())).toBe(10_000);
  });

  it('counts a transaction told again once', () => {
    const player = playAccounting();
    const told = spent(30, '2026-03-02T10:00:00Z');
    player.tell(opened(100), told, { ...told, at: '2026-03-03T10:00:00Z' });
    expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(7_000);
  });

  it('forgets what is old, and can be saved', () => {
    const { assessor } = playAccounting();
    for (let index = 0; index < 500; index += 1) {
      const atMs = Date.parse(`${day(index)}T10:00:00Z`);
      for (const { type, data } of [sold(10, day(index)), spent(1, day(index))]) {
        const place = { tenant: assessor.tenant, position: index, eventId: 'e', correlationId: 'c', traceparent: null };
        assessor.recall({ type, data, ...place, occurredAtMs: atMs, recordedAtMs: atMs } as LoggedFact);
      }
    }
    const { ledger, similar } = assessor.book;
    expect(ledger.days.size).toBeLessThanOrEqual(402);
    expect(ledger.transactions.size).toBeLessThanOrEqual(92);
    expect([...similar.groups.values()].map(({ amounts }) => amounts.length)).toEqual([91, 91]);
    expect(deserialize(serialize(assessor.book))).toEqual(assessor.book);
  });

  it('takes every event that the contract allows, in any order', () => {
    const samples: Happening[] = BUSINESS_CONTRACTS.map(
      ({ type, sample }) => ({ type, data: sample, at: '2026-11-22T10:00:00Z' }) as Happening,
    );
    const strange = [
      spent(-5, day(3) + 'T10:00:00Z', { bookedOn: '2099-01-01' }),
      spent(5, day(3) + 'T10:00:00Z', { bookedOn: '1999-01-01', amount: { amount: -3, currency: 'JPY' } }),
      invoicePaid('unknown', 5, day(2)),
      billPaid('unknown', 5, day(2)),
      opened(5, 'credit'),
      invoiced('i', 5, day(2)),
      invoicePaid('i', 500, day(1)),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray([...samples, ...strange, ...samples]), (order) => {
        const player = playAccounting();
        player.tell(...order);
        const { receivables, payables, days } = player.assessor.book.ledger;
        expect(outstandingUntil(receivables, 'USD')).toBeGreaterThanOrEqual(0);
        expect(outstandingUntil(payables, 'USD')).toBeGreaterThanOrEqual(0);
        expect(days.has('2099-01-01') || days.has('1999-01-01')).toBe(false);
      }),
      { seed: 8, numRuns: 60 },
    );
  });

  it('comes to the same balances in whatever order things are told', () => {
    const told = [
      opened(1_000),
      opened(50, 'savings'),
      ...[1, 2, 3, 4].map((index) => spent(10 * index, `${day(index)}T10:00:00Z`)),
      invoiced('i', 100, day(9)),
      invoicePaid('i', 40, day(2)),
      invoicePaid('i', 25, day(5)),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(told, { minLength: told.length }), (order) => {
        const player = playAccounting();
        player.tell(...order);
        expect(cashOf(player.assessor.book.ledger, 'USD')).toBe(101_500);
        expect(receivable(player)).toBe(3_500);
      }),
      { seed: 9, numRuns: 60 },
    );
  });
});

describe('asked for cash', () => {
  const answer = (cash: number | undefined, amount: number, currency = 'USD', ...told: readonly Happening[]) => {
    const player = playAccounting();
    if (cash !== undefined) player.tell(opened(cash));
    player.tell(...told);
    const look: Look<LedgerBook> = {
      ...{ book: player.assessor.book.ledger, settings: SETTINGS, tenant: tenantId('demo'), logPosition: 17 },
      ...{ atMs: 0, local: { date: day(0), hour: 9, minuteOfDay: 540, weekday: 7 } },
    };
    const question: CashQuestion = { amount: { amount: amount * 100, currency }, purpose: 'lettuce' };
    return cashAdviser.answer(question, look);
  };

  it('says what can be paid, by cash, threshold, bills and invoices', () => {
    expect(answer(3_000, 1_500).verdict).toBe('affordable');
    expect(answer(3_000, 1_501).verdict).toBe('tight');
    expect(answer(3_000, 2_000).verdict).toBe('tight');
    expect(answer(3_000, 2_001).verdict).toBe('unaffordable');
    expect(answer(3_000, 1_000, 'USD', billed('b', 1_200, day(10))).verdict).toBe('unaffordable');
    expect(answer(3_000, 1_000, 'USD', billed('b', 1_200, day(10)), invoiced('i', 400, day(9))).verdict).toBe('tight');
    expect(answer(3_000, 1_000, 'USD', billed('b', 1_200, day(20))).verdict).toBe('affordable');
  });

  it('does not know without an account, or in another currency', () => {
    expect(answer(undefined, 10).verdict).toBe('unknown');
    expect(answer(3_000, 10, 'EUR').verdict).toBe('unknown');
  });

  it('answers in words and figures, of the position at which it was asked', () => {
    const { consultation } = answer(3_000, 1_501);
    expect(consultation).toMatchObject({ agentId: agentId('accounting_agent'), logPosition: 17 });
    expect(consultation.question).toBe('Can USD 1,501.00 be paid for lettuce?');
    expect(consultation.answer).toContain('USD 1,499.00 are left');
    expect(consultation.figures).toContainEqual({ name: 'left', money: usd(1_499) });
  });

  it('never says yes to more where it says no to less', () => {
    const rank = ['affordable', 'tight', 'unaffordable'];
    fc.assert(
      fc.property(fc.nat(5_000), fc.nat(5_000), fc.nat(5_000), (cash, amount, more) => {
        const less = rank.indexOf(answer(cash, amount).verdict);
        expect(rank.indexOf(answer(cash, amount + more).verdict)).toBeGreaterThanOrEqual(less);
      }),
      { seed: 3, numRuns: 50 },
    );
  });
});
