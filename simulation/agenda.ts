export type Happening = Readonly<{ atMs: number; happen: () => void }>;
type Entry = Happening & Readonly<{ order: number }>;

/** What is to happen, by time; what is due at the same time comes in the order in which it was entered. A binary heap. */
export class Agenda {
  readonly #entries: Entry[] = [];
  #count = 0;

  add(happening: Happening): void {
    this.#count += 1;
    const entry = { ...happening, order: this.#count };
    let index = this.#entries.length;
    this.#entries.push(entry);
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      this.#entries[index] = parent;
      index = above;
    }
    this.#entries[index] = entry;
  }

  /** Takes the earliest out, when it is due before that time. */
  takeBefore(endMs: number): Happening | undefined {
    const [first] = this.#entries;
    if (first === undefined || first.atMs >= endMs) return undefined;
    const last = this.#entries.pop();
    if (last !== undefined && last !== first) this.#sink(last);
    return first;
  }

  #sink(entry: Entry): void {
    let index = 0;
    for (;;) {
      const below = this.#earlierBelow(index);
      const child = below === undefined ? undefined : this.#entries[below];
      if (below === undefined || child === undefined || isBefore(entry, child)) break;
      this.#entries[index] = child;
      index = below;
    }
    this.#entries[index] = entry;
  }

  #earlierBelow(index: number): number | undefined {
    const left = 2 * index + 1;
    const [one, other] = [this.#entries[left], this.#entries[left + 1]];
    if (one === undefined) return undefined;
    return other !== undefined && isBefore(other, one) ? left + 1 : left;
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
