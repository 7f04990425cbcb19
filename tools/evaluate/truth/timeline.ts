/** What somebody noted, with the time at which it became so; noted in the order of time. */
export class Timeline<Value> {
  readonly #notes: Readonly<{ atMs: number; value: Value }>[] = [];

  note(atMs: number, value: Value): void {
    this.#notes.push({ atMs, value });
  }

  /** The latest that was noted up to then. */
  at(atMs: number): Value | undefined {
    let [low, high] = [0, this.#notes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#notes[middle]?.atMs ?? Infinity) <= atMs) low = middle + 1;
      else high = middle;
    }
    return this.#notes[low - 1]?.value;
  }

  get latest(): Value | undefined {
    return this.#notes.at(-1)?.value;
  }

  /** What was noted after one time, up to and with another. */
  between(afterMs: number, untilMs: number): readonly Value[] {
    return this.#notes.filter(({ atMs }) => atMs > afterMs && atMs <= untilMs).map(({ value }) => value);
  }
}

/** How much there was of something, and all that changed it. */
export class Amount {
  readonly #levels = new Timeline<number>();
  readonly changes = new Timeline<number>();

  add(atMs: number, change: number): void {
    this.#levels.note(atMs, (this.#levels.latest ?? 0) + change);
    this.changes.note(atMs, change);
  }

  at(atMs: number): number {
    return this.#levels.at(atMs) ?? 0;
  }

  /** The sum of what changed after one time, up to and with another. */
  between(afterMs: number, untilMs: number): number {
    return this.changes.between(afterMs, untilMs).reduce((sum, one) => sum + one, 0);
  }
}
