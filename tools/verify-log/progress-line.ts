import type { WriteStream } from 'node:tty';
import type { VerifyLogProgress } from '#libs/event-store';

const BAR_CHARACTERS = 24;
const BAR_EVERY_MS = 100;
const LINE_EVERY_MS = 5_000;

type Output = Pick<WriteStream, 'write'> & Readonly<{ isTTY?: boolean | undefined; columns?: number | undefined }>;

/** Shows how far a verification is: a bar on a terminal, else a line now and then. */
export class ProgressLine {
  readonly #output: Output;
  readonly #nowMs: () => number;
  #shownAtMs: number;
  #hasBar = false;
  #begun: Readonly<{ log: string; lane: number; position: number; atMs: number }> | undefined;

  /** @param nowMs a clock that only goes forward */
  constructor(output: Output, nowMs: () => number) {
    this.#output = output;
    this.#nowMs = nowMs;
    this.#shownAtMs = nowMs();
  }

  update(log: string, progress: VerifyLogProgress): void {
    const isTerminal = this.#output.isTTY === true;
    const nowMs = this.#nowMs();
    const text = this.#textOf(log, progress, nowMs);
    if (nowMs - this.#shownAtMs < (isTerminal ? BAR_EVERY_MS : LINE_EVERY_MS)) return;
    this.#shownAtMs = nowMs;
    this.#hasBar = isTerminal;
    this.#output.write(isTerminal ? `\r\u001b[K${text.slice(0, (this.#output.columns ?? 80) - 1)}` : `${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#hasBar) this.#output.write('\r\u001b[K');
    this.#hasBar = false;
  }

  #textOf(log: string, progress: VerifyLogProgress, nowMs: number): string {
    if (progress.phase !== 'events') return `${log}: ${progress.rows} ${progress.phase}`;
    const { mark, head } = progress;
    if (this.#begun?.log !== log || this.#begun.lane !== mark.lane) {
      this.#begun = { log, lane: mark.lane, position: mark.position, atMs: nowMs };
    }
    const { position, atMs } = this.#begun;
    const text = eventsText({ done: mark.position, head, looked: mark.position - position, elapsedMs: nowMs - atMs });
    const bar = this.#output.isTTY === true ? `${barOf(mark.position, head)} ` : '';
    return `${log}: ${bar}${text}`;
  }
}

function barOf(done: number, head: number): string {
  const filled = Math.min(BAR_CHARACTERS, Math.round((done / Math.max(1, head)) * BAR_CHARACTERS));
  return `[${'='.repeat(filled)}${' '.repeat(BAR_CHARACTERS - filled)}]`;
}

/** `42 %, event 420 of 1000, 120000 events/s, 3 s left`; the time left supposes that it goes on as it went. */
export function eventsText(at: Readonly<{ done: number; head: number; looked: number; elapsedMs: number }>): string {
  const rate = at.elapsedMs === 0 ? 0 : (at.looked * 1_000) / at.elapsedMs;
  const left = Math.max(0, at.head - at.done);
  const share = at.head === 0 ? 100 : Math.min(100, Math.floor((at.done / at.head) * 100));
  const time = rate === 0 ? '' : `, ${Math.round(rate)} events/s, ${Math.ceil(left / rate)} s left`;
  return `${share} %, event ${at.done} of ${at.head}${time}`;
}
