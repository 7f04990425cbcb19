/** Asks one question at a time for any number of askers, however many there are. */
export class SharedLook<Answer> {
  private readonly ask: () => Promise<Answer>;
  private current: Promise<Answer> | undefined;
  private next: Promise<Answer> | undefined;

  constructor(ask: () => Promise<Answer>) {
    this.ask = ask;
  }

  /** An answer to a question that is asked after this call. */
  afresh(): Promise<Answer> {
    if (!this.current) return this.begin();
    this.next ??= this.afterCurrent(this.current);
    return this.next;
  }

  /** The answer to the question that is under way, if there is one: it may be a little older than this call. */
  sharing(): Promise<Answer> {
    return this.current ?? this.begin();
  }

  private async afterCurrent(current: Promise<Answer>): Promise<Answer> {
    // Whoever asked that question is told of its failure.
    await current.catch(() => undefined);
    this.next = undefined;
    return this.begin();
  }

  private begin(): Promise<Answer> {
    const asked = this.ask().finally(() => {
      if (this.current === asked) this.current = undefined;
    });
    this.current = asked;
    return asked;
  }
}
