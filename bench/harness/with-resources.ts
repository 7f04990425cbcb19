/** Registers what to do at the end, whatever happens until then. */
export type AtEnd = (close: () => Promise<unknown>) => void;

/** Runs `work`, then closes what it registered, the newest first. */
export async function withResources<Result>(work: (atEnd: AtEnd) => Promise<Result>): Promise<Result> {
  const closers: (() => Promise<unknown>)[] = [];
  try {
    return await work((close) => closers.push(close));
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
