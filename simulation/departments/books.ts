import { AccountOpenedV1, BillPaidV1, InvoicePaidV1, TransactionRecordedV1 } from '#libs/contracts';
import type { AccountOpened, BillPaid, InvoicePaid, TransactionRecorded } from '#libs/contracts';
import { HOUR_MS, MINUTE_MS } from '#libs/kernel';
import type { LocalDate } from '#libs/kernel';
import type { LabelKind } from '../label.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';

/** What can be wrong with a record of money. */
export type Oddity = Extract<LabelKind, 'unusual-amount' | 'unusual-time' | 'duplicate' | 'missing-reference'>;

export type Draft = Readonly<{
  /** Minor units. */
  amount: number;
  category: string;
  description: string;
  counterparty?: string;
  /** Of its reference: `EXP` gives `EXP-20260302-0007`. */
  prefix: string;
}> &
  (
    | Readonly<{ kind: 'income' | 'expense' }>
    | Readonly<{ kind: 'transfer'; fromAccountId: AccountId; toAccountId: AccountId }>
  );

export type AccountId = 'checking' | 'savings' | 'bank-loan' | 'owner-equity' | 'deposits';

const OPENING: readonly Readonly<{ accountId: AccountId; name: string; kind: AccountOpened['kind']; whole: number }>[] =
  [
    { accountId: 'checking', name: 'Main checking account', kind: 'checking', whole: 25_000 },
    { accountId: 'savings', name: 'Savings account', kind: 'savings', whole: 50_000 },
    { accountId: 'bank-loan', name: 'Line of credit', kind: 'liability', whole: 0 },
    { accountId: 'owner-equity', name: 'Owner', kind: 'equity', whole: 0 },
    { accountId: 'deposits', name: 'Deposits paid', kind: 'asset', whole: 0 },
  ];

const DECIDED_BY: Readonly<Record<Oddity, string>> = {
  'unusual-amount': 'transaction_anomaly',
  'unusual-time': 'transaction_anomaly',
  duplicate: 'duplicate_transaction',
  'missing-reference': 'missing_reference',
};
/** A record is looked at when it comes. */
const UNTIL_AFTER_MS = 6 * HOUR_MS;

/** The accounts of the business, as its books say: what was published is what counts. */
export class Books {
  readonly #world: World;
  readonly #random: Random;
  readonly #balances = new Map<string, number>();
  #countedOn: LocalDate = '';
  #transactions = 0;
  #references = 0;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random('books');
  }

  open(): void {
    for (const { whole, ...account } of OPENING) {
      const openingBalance = this.#world.money(this.#world.minor(whole));
      this.#balances.set(account.accountId, openingBalance.amount);
      this.#world.publish(AccountOpenedV1, account.accountId, {
        ...account,
        currency: openingBalance.currency,
        openingBalance,
      });
    }
  }

  /** Minor units. */
  balanceOf(accountId: string): number {
    return this.#balances.get(accountId) ?? 0;
  }

  /** Of the accounts from which bills can be paid, in minor units. */
  get cash(): number {
    return this.balanceOf('checking') + this.balanceOf('savings');
  }

  /** Writes it into the books now, with what is odd about it, and gives its id. */
  record(draft: Draft, oddity?: Oddity): string {
    const reference = oddity === 'missing-reference' ? undefined : this.#nextReference(draft.prefix);
    const transactionId = this.#enter(draft, reference);
    if (oddity === 'duplicate') this.#enterAgainSoon(draft, reference);
    else if (oddity !== undefined) this.#label(oddity, transactionId);
    return transactionId;
  }

  /** Writes down something rare and large: who calls it unusual is right, and so is who does not. */
  recordRare(draft: Draft): void {
    this.#label('unusual-amount', this.record(draft), false);
  }

  payInvoice(payment: InvoicePaid): void {
    this.#move('checking', payment.amount.amount);
    this.#world.publish(InvoicePaidV1, payment.invoiceId, payment);
  }

  payBill(payment: BillPaid): void {
    this.#move('checking', -payment.amount.amount);
    this.#world.publish(BillPaidV1, payment.billId, payment);
  }

  #enterAgainSoon(draft: Draft, reference: string | undefined): void {
    const keepsReference = this.#random.chance(0.5);
    this.#world.atMs(this.#world.nowMs + this.#random.between(1, 30) * MINUTE_MS, () => {
      const again = keepsReference ? reference : this.#nextReference(draft.prefix);
      this.#label('duplicate', this.#enter(draft, again));
    });
  }

  #enter(draft: Draft, reference: string | undefined): string {
    const { category, description, counterparty } = draft;
    const bookedOn = this.#world.today;
    const transactionId = `tx-${this.#stamp(bookedOn)}-${this.#nextNumber()}`;
    const transaction: TransactionRecorded = {
      transactionId,
      ...accountsOf(draft),
      amount: this.#world.money(draft.amount),
      category,
      description,
      ...(counterparty === undefined ? {} : { counterparty }),
      ...(reference === undefined ? {} : { reference }),
      bookedOn,
    };
    this.#applyTransaction(draft);
    this.#world.publish(TransactionRecordedV1, transactionId, transaction);
    return transactionId;
  }

  #applyTransaction(draft: Draft): void {
    const amount = Math.round(draft.amount);
    if (draft.kind === 'transfer') {
      this.#move(draft.fromAccountId, -amount);
      this.#move(draft.toAccountId, amount);
      return;
    }
    this.#move('checking', draft.kind === 'income' ? amount : -amount);
  }

  #move(accountId: string, amount: number): void {
    this.#balances.set(accountId, this.balanceOf(accountId) + amount);
  }

  #label(oddity: Oddity, transactionId: string, isRequired = true): void {
    const { nowMs } = this.#world;
    this.#world.label({
      class: 'anomaly',
      kind: oddity,
      subjectRef: `transaction:${transactionId}`,
      decisionTypes: [DECIDED_BY[oddity]],
      atMs: nowMs,
      untilMs: nowMs + UNTIL_AFTER_MS,
      isRequired,
    });
  }

  #nextReference(prefix: string): string {
    const stamp = this.#stamp(this.#world.today);
    this.#references += 1;
    return `${prefix}-${stamp}-${String(this.#references).padStart(4, '0')}`;
  }

  #nextNumber(): number {
    this.#transactions += 1;
    return this.#transactions;
  }

  /** Numbers begin anew each day. */
  #stamp(date: LocalDate): string {
    if (date !== this.#countedOn) {
      this.#countedOn = date;
      this.#transactions = 0;
      this.#references = 0;
    }
    return date.replaceAll('-', '');
  }
}

function accountsOf(draft: Draft): Pick<TransactionRecorded, 'kind' | 'accountId' | 'fromAccountId' | 'toAccountId'> {
  if (draft.kind !== 'transfer') return { kind: draft.kind, accountId: 'checking' };
  const { kind, fromAccountId, toAccountId } = draft;
  return { kind, fromAccountId, toAccountId };
}
