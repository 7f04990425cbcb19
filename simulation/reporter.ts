import { DAY_MS } from '#libs/kernel';
import { TerminalBar } from '../tools/terminal-bar.ts';
import type { RunPlan, Totals } from './run.ts';
import type { SimulatedBusiness } from './story.ts';

/** One line of JSON for whoever reads along. */
export function say(what: string, facts: object): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), what, ...facts }));
}

type Rejected = Readonly<{ detail: string; errors?: readonly object[] | undefined }>;

/** Tells how it goes: of the history a bar, of real time a line now and then, and of each event that the API refused. */
export class Reporter {
  readonly #business: SimulatedBusiness;
  readonly #fromMs: number;
  readonly #bar = new TerminalBar(process.stdout, () => performance.now());
  #totals: Readonly<Totals> = { sent: 0, accepted: 0, duplicates: 0, rejected: 0 };
  #simulatedTime: string;
  #isHistory: boolean;

  constructor(business: SimulatedBusiness, from: string, simulatedTime: string) {
    this.#business = business;
    this.#fromMs = Date.parse(from);
    this.#simulatedTime = simulatedTime;
    this.#isHistory = Date.parse(simulatedTime) < business.historyEndMs;
  }

  readonly onBatch: RunPlan['onBatch'] = (result, totals, { simulatedTime, lastConfirmed }) => {
    this.#totals = totals;
    this.#simulatedTime = simulatedTime;
    for (const { id, problem } of result.items) {
      if (problem === undefined) continue;
      this.#bar.end();
      say('error: the API rejected an event', { id, code: problem.code, ...detailOf(problem) });
    }
    if (this.#isHistory) this.#showHistory(Date.parse(simulatedTime), lastConfirmed);
  };

  /** Nothing during the history, which has its bar. */
  goesOn(): void {
    if (!this.#isHistory) this.summary('simulation goes on');
  }

  summary(what: string): void {
    this.#bar.end();
    const { lostUnits } = this.#business;
    const [checking, savings] = ['checking', 'savings'].map((account) => this.#business.balanceOf(account));
    say(what, { simulatedTime: this.#simulatedTime, ...this.#totals, lostUnits, checking, savings });
  }

  #showHistory(atMs: number, events: number): void {
    const wholeMs = this.#business.historyEndMs - this.#fromMs;
    const share = Math.min(1, (atMs - this.#fromMs) / wholeMs);
    const day = Math.floor((atMs - this.#fromMs) / DAY_MS) + 1;
    const text = `day ${day} of ${Math.ceil(wholeMs / DAY_MS)}, ${events} events`;
    this.#bar.update({ label: 'History: ', share, text });
    if (atMs < this.#business.historyEndMs - DAY_MS / 2) return;
    this.#isHistory = false;
    this.#bar.say(`History: ${text}; now time goes on.`);
  }
}

function detailOf(problem: Rejected): object {
  return { detail: problem.detail, ...(problem.errors === undefined ? {} : { errors: problem.errors.slice(0, 5) }) };
}
