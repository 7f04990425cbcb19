import { TerminalBar, type Output } from '../terminal-bar.ts';

/** Shows how far an import is. */
export class Progress {
  readonly #bar: TerminalBar;
  readonly #totalBytes: number;
  readonly #elapsedMs: () => number;

  constructor(output: Output, totalBytes: number, elapsedMs: () => number) {
    this.#bar = new TerminalBar(output, elapsedMs);
    this.#totalBytes = totalBytes;
    this.#elapsedMs = elapsedMs;
  }

  update(doneBytes: number, rows: number): void {
    this.#bar.update({
      share: share(doneBytes, this.#totalBytes),
      text: progressText(doneBytes, this.#totalBytes, rows, this.#elapsedMs()),
    });
  }

  /** Says something of its own, above the bar. */
  say(text: string): void {
    this.#bar.say(text);
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar.end();
  }
}

function share(doneBytes: number, totalBytes: number): number {
  return totalBytes === 0 ? 1 : Math.min(1, doneBytes / totalBytes);
}

/** `42 %, 1234 rows, 617 rows/s, 3 s left`; the time left supposes that it goes on as it went. */
export function progressText(doneBytes: number, totalBytes: number, rows: number, elapsedMs: number): string {
  const done = share(doneBytes, totalBytes);
  const leftSeconds = done === 0 ? undefined : Math.ceil(((elapsedMs / 1_000) * (1 - done)) / done);
  const rate = elapsedMs === 0 ? 0 : Math.round((rows * 1_000) / elapsedMs);
  const left = leftSeconds === undefined ? '' : `, ${leftSeconds} s left`;
  return `${Math.floor(done * 100)} %, ${rows} rows, ${rate} rows/s${left}`;
}
