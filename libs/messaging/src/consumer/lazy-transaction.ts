import type { Append, EventStore, PreparedStatement, Transaction } from '#libs/event-store';

/** A handler went on with a transaction that was given up, because it took too long. Nothing of it is stored. */
export class TransactionOver extends Error {
  constructor() {
    super('The transaction is over: the handler took long, and is called again on its own.');
  }
}

/**
 * A handler's transaction that begins with its first statement: a handler that thinks for a minute before it writes
 * keeps no connection and no lock meanwhile, and no limit for idle transactions ends it.
 */
export class LazyTransaction implements Transaction {
  private readonly store: Pick<EventStore, 'transaction'>;
  private readonly appends: Append[] = [];
  private readonly end = Promise.withResolvers<undefined>();
  private opened: Promise<Transaction> | undefined;
  private settled: Promise<void> | undefined;
  private isOver = false;

  constructor(store: Pick<EventStore, 'transaction'>) {
    this.store = store;
  }

  async query<Row extends object = Record<string, unknown>>(
    statement: string | PreparedStatement,
    values?: readonly unknown[],
  ): Promise<Row[]> {
    this.refuseWhenOver();
    const transaction = await (this.opened ??= this.open());
    // It may have been undone while the connection was being made: that belongs to somebody else by now.
    this.refuseWhenOver();
    return transaction.query<Row>(statement, values);
  }

  append(append: Append): void {
    this.appends.push(append);
  }

  /** @throws what the commit or a buffered append throws; see `EventStore.transaction` */
  async commit(): Promise<void> {
    const transaction = await (this.opened ??= this.open());
    this.isOver = true;
    for (const append of this.appends) transaction.append(append);
    this.end.resolve(undefined);
    await this.settled;
  }

  /** Undoes what was done; resolves when the connection is free again. `reason` is what the handler failed with. */
  async rollback(reason: unknown): Promise<void> {
    this.isOver = true;
    if (!this.settled) return;
    this.end.reject(reason);
    // What it rejects with is the reason itself, or why it could not even begin: the caller handles both.
    await Promise.allSettled([this.settled]);
  }

  private refuseWhenOver(): void {
    if (this.isOver) throw new TransactionOver();
  }

  private open(): Promise<Transaction> {
    const opened = Promise.withResolvers<Transaction>();
    this.end.promise.catch(() => undefined);
    this.settled = this.store.transaction(async (transaction) => {
      opened.resolve(transaction);
      await this.end.promise;
    });
    this.settled.catch((error: unknown) => {
      opened.reject(error);
    });
    return opened.promise;
  }
}
