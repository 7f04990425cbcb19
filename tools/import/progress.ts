import type { WriteStream } from 'node:tty';

const BAR_CHARACTERS = 24;
const BAR_EVERY_MS = 200;
const LINE_EVERY_MS = 5_000;

type Output = Pick<WriteStream, 'write'> & Readonly<{ isTTY?: boolean | undefined; columns?: number | undefined }>;

/** Shows how far an import is: a bar on a terminal, else a line now and then. */
export class Progress {
  readonly #output: Output;
  readonly #totalBytes: number;
  readonly #elapsedMs: () => number;
  #shownAtMs: number;
  #hasBar = false;

  constructor(output: Output, totalBytes: number, elapsedMs: () => number) {
    this.#output = output;
    this.#totalBytes = totalBytes;
    this.#elapsedMs = elapsedMs;
    this.#shownAtMs = elapsedMs();
  }

  update(doneBytes: number, rows: number): void {
    const nowMs = this.#elapsedMs();
    const isTerminal = this.#output.isTTY === true;
    if (nowMs - this.#shownAtMs < (isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAtMs = nowMs;
    const text = progressText(doneBytes, this.#totalBytes, rows, nowMs);
    if (!isTerminal) {
      this.#output.write(`${text}\n`);
      return;
    }
    const filled = Math.round(share(doneBytes, this.#totalBytes) * BAR_CHARACTERS);
    const bar = `[${'='.repeat(filled)}${' '.repeat(BAR_CHARACTERS - filled)}] ${text}`;
    this.#output.write(`\r\u001b[K${bar.slice(0, (this.#output.columns ?? 80) - 1)}`);
    this.#hasBar = true;
  }

  /** Says something of its own, above the bar. */
  say(text: string): void {
    this.end();
    this.#output.write(`${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#hasBar) this.#output.write('\r\u001b[K');
    this.#hasBar = false;
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
