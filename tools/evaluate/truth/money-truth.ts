import { daysBetween, type LocalDate } from '#libs/kernel';
import type { LoggedFact } from '#libs/agent-kit';
import { moneyOfSetting } from '#libs/business-settings';
import { Amount } from './timeline.ts';
import type { Told } from './told.ts';

type Document = Readonly<{ dueOn: LocalDate; open: Amount }>;

/** Low cash that is decided while it recovers is none the less true. */
const RECOVERING = 1.25;

/** What money there really was, in the business's own currency, and who owed it. */
export class MoneyTruth {
  readonly #told: Told;
  readonly #cash = new Amount();
  readonly #cashAccounts = new Set<string>();
  readonly #documents = new Map<string, Document>();

  constructor(told: Told) {
    this.#told = told;
    for (const fact of told.facts) this.#enter(fact);
  }

  isCashLow(atMs: number): boolean {
    const { settings } = this.#told;
    const limit = moneyOfSetting(settings, settings.agents.accounting.alertThresholds.cashLow).amount;
    return this.#cash.at(atMs) < limit * RECOVERING;
  }

  /** It was open, and its due day at least as long past as the settings say. */
  isOverdue(subjectRef: string, atMs: number): boolean {
    const { receivablesOverdue, payablesOverdue } = this.#told.settings.agents.accounting.alertThresholds;
    const document = this.#documents.get(subjectRef);
    if (!document || document.open.at(atMs) <= 0) return false;
    const limit = subjectRef.startsWith('invoice:') ? receivablesOverdue : payablesOverdue;
    return daysBetween(document.dueOn, this.#told.zone.at(atMs).date) >= limit;
  }

  #enter(fact: LoggedFact): void {
    const atMs = fact.occurredAtMs;
    switch (fact.type) {
      case 'steward.accounting.account-opened.v1': {
        const { accountId, kind, openingBalance } = fact.data;
        if (kind !== 'checking' && kind !== 'savings') return;
        this.#cashAccounts.add(accountId);
        this.#cash.add(atMs, openingBalance?.amount ?? 0);
        return;
      }
      case 'steward.accounting.transaction-recorded.v1': {
        const { kind, accountId, fromAccountId, toAccountId, amount } = fact.data;
        this.#move(atMs, accountId, kind === 'income' ? amount.amount : -amount.amount);
        this.#move(atMs, fromAccountId, -amount.amount);
        this.#move(atMs, toAccountId, amount.amount);
        return;
      }
      case 'steward.accounting.invoice-issued.v1':
        this.#open(`invoice:${fact.data.invoiceId}`, atMs, fact.data);
        return;
      case 'steward.accounting.bill-received.v1':
        this.#open(`bill:${fact.data.billId}`, atMs, fact.data);
        return;
      case 'steward.accounting.invoice-paid.v1':
        this.#documents.get(`invoice:${fact.data.invoiceId}`)?.open.add(atMs, -fact.data.amount.amount);
        this.#move(atMs, fact.data.accountId, fact.data.amount.amount);
        return;
      case 'steward.accounting.bill-paid.v1':
        this.#documents.get(`bill:${fact.data.billId}`)?.open.add(atMs, -fact.data.amount.amount);
        this.#move(atMs, fact.data.accountId, -fact.data.amount.amount);
        return;
      default:
        return;
    }
  }

  #open(
    subjectRef: string,
    atMs: number,
    { dueOn, amount }: Readonly<{ dueOn: LocalDate; amount: { amount: number } }>,
  ): void {
    const open = new Amount();
    open.add(atMs, amount.amount);
    this.#documents.set(subjectRef, { dueOn, open });
  }

  #move(atMs: number, accountId: string | undefined, amount: number): void {
    if (accountId !== undefined && this.#cashAccounts.has(accountId)) this.#cash.add(atMs, amount);
  }
}
