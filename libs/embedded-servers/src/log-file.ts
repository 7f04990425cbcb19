import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const ROTATE_BYTES = 20 * 1024 * 1024;
const TAIL_BYTES = 8 * 1024;

/** Opens a log for appending; one of more than 20 MiB first becomes `<file>.1`. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > ROTATE_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}

/** The last lines that were written after `fromBytes`; empty when there is no such log. */
export function logTail(file: string, options: Readonly<{ fromBytes?: number; lines?: number }> = {}): string {
  if (!existsSync(file)) return '';
  const descriptor = openSync(file, 'r');
  const { size } = fstatSync(descriptor);
  const start = Math.max(options.fromBytes ?? 0, size - TAIL_BYTES);
  const buffer = Buffer.alloc(Math.max(0, size - start));
  readSync(descriptor, buffer, 0, buffer.length, start);
  closeSync(descriptor);
  return buffer
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(-(options.lines ?? 15))
    .join('\n');
}
