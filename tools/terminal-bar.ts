import type { WriteStream } from 'node:tty';

const BAR_CHARACTERS = 24;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

export type Output = Pick<WriteStream, 'write'> &
  Readonly<{ isTTY?: boolean | undefined; columns?: number | undefined }>;

/** How far something is: `share` is from 0 to 1. */
export type Progress = Readonly<{
  label?: string;
  /** Absent: nobody knows how much there is, so there is no bar. */
  share?: number;
  text: string;
}>;

/** Shows how far long work is: a bar on a terminal, else a line now and then. */
export class TerminalBar {
  readonly #output: Output;
  readonly #nowMs: () => number;
  #shownAtMs: number;
  #isShown = false;

  /** @param nowMs a clock that only goes forward */
  constructor(output: Output, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#shownAtMs = nowMs();
  }

  update({ label = '', share, text }: Progress): void {
    const isTerminal = this.#output.isTTY === true;
    const nowMs = this.#nowMs();
    if (nowMs - this.#shownAtMs < (isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAtMs = nowMs;
    this.#isShown = isTerminal;
    if (!isTerminal) {
      this.#output.write(`${label}${text}\n`);
      return;
    }
    const line = `${label}${share === undefined ? '' : barOf(share)}${text}`;
    this.#output.write(`\r\u001b[K${line.slice(0, (this.#output.columns ?? 80) - 1)}`);
  }

  /** Says something of its own, above the bar. */
  say(text: string): void {
    this.end();
    this.#output.write(`${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#isShown) this.#output.write('\r\u001b[K');
    this.#isShown = false;
  }
}

function barOf(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_CHARACTERS);
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CHARACTERS - filled)}] `;
}
