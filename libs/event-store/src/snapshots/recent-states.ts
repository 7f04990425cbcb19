/** A stream's state, and the event that it ends with: its version, and the hash that tells it from another history. */
export type FoldedStream<State> = Readonly<{ state: State; version: number; hash: string }>;

/** The states that were loaded last, by their streams; beyond the bound, the one that was not used for longest goes. */
export class RecentStates<State> {
  private readonly bound: number;
  private readonly states = new Map<string, FoldedStream<State>>();

  /** @param bound entries; 0 keeps none */
  constructor(bound: number) {
    this.bound = bound;
  }

  get(stream: string): FoldedStream<State> | undefined {
    const found = this.states.get(stream);
    if (found) this.put(stream, found);
    return found;
  }

  put(stream: string, folded: FoldedStream<State>): void {
    this.states.delete(stream);
    this.states.set(stream, folded);
    if (this.states.size <= this.bound) return;
    for (const longestUnused of this.states.keys()) {
      this.states.delete(longestUnused);
      return;
    }
  }

  get size(): number {
    return this.states.size;
  }
}
