import { AsyncLocalStorage } from 'node:async_hooks';
import type { Append, AppendResult, EventStore, Position, Transaction } from '#libs/event-store';

/** What one request wrote to the log. */
export class LogTrail {
  private newest: Position | undefined;

  /** Position of the newest event that the request appended, or had appended before with the same key; none yet: undefined. */
  get latest(): Position | undefined {
    return this.newest;
  }

  note(at: Position): void {
    if (this.newest === undefined || at > this.newest) this.newest = at;
  }
}

const storage = new AsyncLocalStorage<LogTrail>();

/** Runs `work`, and all that it sets in motion: what it appends is noted. */
export function runWithTrail<Result>(trail: LogTrail, work: () => Result): Result {
  return storage.run(trail, work);
}

/** For the body of an answer: where in the log the request wrote last; without a member when it changed nothing. */
export function writtenPosition(): Readonly<{ position?: number }> {
  const latest = storage.getStore()?.latest;
  return latest === undefined ? {} : { position: latest };
}

/** The same store; what a request appends through it is noted on the request's trail. */
export function notingPositions(store: EventStore): EventStore {
  return {
    append: async (append: Append): Promise<AppendResult> => {
      const result = await store.append(append);
      storage.getStore()?.note(result.lastPosition);
      return result;
    },
    transaction: (work) => {
      const trail = storage.getStore();
      return trail ? notedTransaction(store, trail, work) : store.transaction(work);
    },
    readStream: (tenant, streamId, afterVersion) => store.readStream(tenant, streamId, afterVersion),
    readAll: (options) => store.readAll(options),
    readByPositions: (positions) => store.readByPositions(positions),
    head: (lane) => store.head(lane),
    onCommit: (listener) => store.onCommit(listener),
  };
}

/** A transaction tells no positions; its commit does, before it resolves, and maybe others' commits beside it. */
async function notedTransaction<Result>(
  store: EventStore,
  trail: LogTrail,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const committed = new LogTrail();
  let appends = 0;
  const stop = store.onCommit((head) => {
    committed.note(head);
  });
  try {
    const result = await store.transaction((transaction) =>
      work({
        query: (text, values) => transaction.query(text, values),
        append: (append) => {
          appends += 1;
          transaction.append(append);
        },
      }),
    );
    if (appends > 0 && committed.latest !== undefined) trail.note(committed.latest);
    return result;
  } finally {
    stop();
  }
}
