import { plusDays } from '#libs/kernel';
import { businessSettingsSchema, type BusinessSettings } from '#libs/business-settings';
import { playAgent, type Happening, type PlayedAgent, type PlayedDecision } from '#libs/testing';
import { accountingAgent } from '../accounting-agent.ts';
import type { AccountingBook } from './accounting-book.ts';

/** A business in UTC whose owner wants to hold 1,000.00 USD. */
export const SETTINGS: BusinessSettings = businessSettingsSchema.parse({ business: { name: 'Spec', type: 'retail' } });

export function playAccounting(settings = SETTINGS): PlayedAgent<AccountingBook> {
  return playAgent(accountingAgent, settings);
}

export const usd = (whole: number) => ({ amount: Math.round(whole * 100), currency: 'USD' });

export function opened(
  balance: number,
  kind: 'checking' | 'savings' | 'credit' = 'checking',
  at = '2026-03-01T08:00:00Z',
): Happening {
  return {
    type: 'steward.accounting.account-opened.v1',
    at,
    data: { accountId: kind, name: `The ${kind} account`, kind, currency: 'USD', openingBalance: usd(balance) },
  };
}

let transactions = 0;

type Said = Partial<Extract<Happening, { type: 'steward.accounting.transaction-recorded.v1' }>['data']>;

export function spent(whole: number, at: string, said: Said = {}): Happening {
  transactions += 1;
  return {
    type: 'steward.accounting.transaction-recorded.v1',
    at,
    data: {
      ...{ transactionId: `tx-${transactions}`, kind: 'expense', accountId: 'checking', amount: usd(whole) },
      ...{ category: 'supplies', description: 'Things', counterparty: 'Vendor', reference: `R-${transactions}` },
      bookedOn: at.slice(0, 10),
      ...said,
    },
  };
}

export function sold(
  whole: number,
  at: string,
  orderId = `order-${at}`,
  said: Readonly<{ customerId?: string }> = {},
): Happening {
  return {
    type: 'steward.sales.order-completed.v1',
    at,
    data: {
      ...{ orderId, kind: 'sale', channel: 'shop', total: usd(whole), ...said },
      lines: [{ sku: 'A', quantity: { value: 1, unit: 'each' }, unitPrice: usd(whole) }],
    },
  };
}

export function invoiced(invoiceId: string, whole: number, dueOn: string, issuedOn = '2026-03-01'): Happening {
  return {
    type: 'steward.accounting.invoice-issued.v1',
    at: `${issuedOn}T08:00:00Z`,
    data: { invoiceId, number: invoiceId, customerName: 'Harbour Events', amount: usd(whole), issuedOn, dueOn },
  };
}

export function invoicePaid(
  invoiceId: string,
  whole: number,
  paidOn: string,
  paymentId = `${invoiceId}-${paidOn}`,
): Happening {
  return {
    type: 'steward.accounting.invoice-paid.v1',
    at: `${paidOn}T10:00:00Z`,
    data: { invoiceId, paymentId, amount: usd(whole), paidOn, accountId: 'checking' },
  };
}

export function billed(billId: string, whole: number, dueOn: string, receivedOn = '2026-03-01'): Happening {
  return {
    type: 'steward.accounting.bill-received.v1',
    at: `${receivedOn}T08:00:00Z`,
    data: {
      billId,
      number: billId,
      vendorName: 'Fresh Foods',
      amount: usd(whole),
      receivedOn,
      dueOn,
      category: 'food',
    },
  };
}

export function billPaid(billId: string, whole: number, paidOn: string): Happening {
  return {
    type: 'steward.accounting.bill-paid.v1',
    at: `${paidOn}T10:00:00Z`,
    data: { billId, paymentId: `${billId}-${paidOn}`, amount: usd(whole), paidOn, accountId: 'checking' },
  };
}

export function outcome(decisionId: string, wasRight: boolean, decisionType = 'transaction_anomaly'): Happening {
  return {
    type: 'steward.agent.outcome-recorded.v1',
    at: '2026-05-01T08:00:00Z',
    data: {
      ...{ decisionId, agentId: 'accounting_agent', decisionType, wasRight, detail: 'Somebody looked.' },
      ...{ outcome: wasRight ? 'as-expected' : 'worse', measuredAt: '2026-05-01T08:00:00Z' },
    },
  };
}

/** Days in turn, the first on Sunday 2026-03-01. */
export const day = (index: number): string => plusDays('2026-03-01', index);

/** The same kind of expense on each of so many days, at ten o'clock and a few minutes, by amounts that vary a little. */
export function usualExpenses(days: number, said: Said = {}, usual = 100): readonly Happening[] {
  return Array.from({ length: days }, (_, index) =>
    spent(
      usual * (1 + 0.1 * Math.sin(index * 2.4)),
      `${day(index)}T${10 + (index % 6)}:${10 + (index % 40)}:00Z`,
      said,
    ),
  );
}

export const of = (
  player: Readonly<{ decisions: readonly PlayedDecision[] }>,
  ...types: string[]
): readonly PlayedDecision[] => player.decisions.filter(({ decisionType }) => types.includes(decisionType));

export const said = (decisions: readonly PlayedDecision[]): readonly string[] =>
  decisions.map(({ subject, change, state }) => `${subject} ${change} ${state}`);
