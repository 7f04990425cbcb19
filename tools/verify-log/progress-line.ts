import type { VerifyLogProgress } from '#libs/event-store';
import { TerminalBar, type Output, type Progress } from '../terminal-bar.ts';

/** Shows how far a verification is. */
export class ProgressLine {
  readonly #bar: TerminalBar;
  readonly #nowMs: () => number;
  #begun: Readonly<{ log: string; lane: number; position: number; atMs: number }> | undefined;

  /** @param nowMs a clock that only goes forward */
  constructor(output: Output, nowMs: () => number) {
    this.#bar = new TerminalBar(output, nowMs);
    this.#nowMs = nowMs;
  }

  update(log: string, progress: VerifyLogProgress): void {
    this.#bar.update({ label: `${log}: `, ...this.#progressOf(log, progress) });
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar.end();
  }

  #progressOf(log: string, progress: VerifyLogProgress): Progress {
    if (progress.phase !== 'events') return { text: `${progress.rows} ${progress.phase}` };
    const nowMs = this.#nowMs();
    const { mark, head } = progress;
    if (this.#begun?.log !== log || this.#begun.lane !== mark.lane) {
      this.#begun = { log, lane: mark.lane, position: mark.position, atMs: nowMs };
    }
    const { position, atMs } = this.#begun;
    const text = eventsText({ done: mark.position, head, looked: mark.position - position, elapsedMs: nowMs - atMs });
    return { share: mark.position / Math.max(1, head), text };
  }
}

/** `42 %, event 420 of 1000, 120000 events/s, 3 s left`; the time left supposes that it goes on as it went. */
export function eventsText(at: Readonly<{ done: number; head: number; looked: number; elapsedMs: number }>): string {
  const rate = at.elapsedMs === 0 ? 0 : (at.looked * 1_000) / at.elapsedMs;
  const left = Math.max(0, at.head - at.done);
  const share = at.head === 0 ? 100 : Math.min(100, Math.floor((at.done / at.head) * 100));
  const time = rate === 0 ? '' : `, ${Math.round(rate)} events/s, ${Math.ceil(left / rate)} s left`;
  return `${share} %, event ${at.done} of ${at.head}${time}`;
}
