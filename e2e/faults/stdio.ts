import { createInterface } from 'node:readline';

/** Tells the run one line. A pipe is written to synchronously, so what was said survives the end of the program. */
export function say(line: Readonly<{ line: string } & Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** The words that the run sends, one per line. */
export function words(): AsyncIterator<string> {
  return createInterface({ input: process.stdin })[Symbol.asyncIterator]();
}

/** A setting of the program; the URL of the log is a secret and therefore no argument. */
export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`Set ${name}; the spec that starts this program does.`);
  return value;
}
