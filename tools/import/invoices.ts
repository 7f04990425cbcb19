import type { SaleLine } from './sale-lines.ts';

/** Contiguous lines of one invoice. */
export type InvoiceRun = Readonly<{
  invoice: string;
  /** 1, and more when lines of the same invoice come again later in the file. */
  run: number;
  lines: readonly [SaleLine, ...SaleLine[]];
}>;

/** Keeps an order, and so a request, at a reasonable size; what is left makes the next run. */
const LONGEST_RUN = 2_000;

/** Groups lines as they come; lines of an invoice that are apart make several runs, numbered in the order of the file. */
export class InvoiceGrouping {
  readonly #runs = new Map<string, number>();
  #open: [SaleLine, ...SaleLine[]] | undefined;

  /** Returns the run that ends with the arrival of this line. */
  add(line: SaleLine): InvoiceRun | undefined {
    if (this.#open?.[0].invoice === line.invoice && this.#open.length < LONGEST_RUN) {
      this.#open.push(line);
      return undefined;
    }
    const ended = this.end();
    this.#open = [line];
    return ended;
  }

  /** Returns the run that ends with the file. */
  end(): InvoiceRun | undefined {
    const lines = this.#open;
    this.#open = undefined;
    if (lines === undefined) return undefined;
    const [{ invoice }] = lines;
    const run = (this.#runs.get(invoice) ?? 0) + 1;
    this.#runs.set(invoice, run);
    return { invoice, run, lines };
  }
}
