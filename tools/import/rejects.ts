import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

const SHOWN = 20;

/** Keeps what was rejected: all of it in a CSV file, the first twenty before the person's eyes. */
export class RejectsFile {
  readonly file: string;
  readonly #show: (text: string) => void;
  #handle: number | undefined;
  #count = 0;

  /** The file is written anew, and only when there is something to say. */
  constructor(file: string, show: (text: string) => void) {
    this.file = file;
    this.#show = show;
  }

  get count(): number {
    return this.#count;
  }

  /** @param lines a line number of the import file, or a range such as `12-18` */
  add(lines: string, reason: string, text: string): void {
    this.#count += 1;
    writeSync(this.#open(), `${[lines, reason, text].map(quoted).join(',')}\n`);
    if (this.#count <= SHOWN) this.#show(`line ${lines}: ${reason}${text === '' ? '' : `\n    ${text.slice(0, 200)}`}`);
    if (this.#count === SHOWN + 1) this.#show(`More are rejected; all are in ${this.file}.`);
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }

  #open(): number {
    if (this.#handle !== undefined) return this.#handle;
    mkdirSync(dirname(this.file), { recursive: true });
    this.#handle = openSync(this.file, 'w', 0o600);
    writeSync(this.#handle, 'line,reason,text\n');
    return this.#handle;
  }
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
