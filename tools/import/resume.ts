import { createHash } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { Connection } from '../publisher/connection.ts';
import type { Mapping } from './mapping.ts';

const confirmationSchema = z.strictObject({ confirmedLine: z.int().nonnegative() });
const SAMPLE_BYTES = 64 * 1024;

/**
 * Where an interrupted import keeps the last line whose events are all confirmed. A shortcut only: ids alone make a
 * repetition harmless, so a lost or unreadable file costs time, not truth.
 */
export class Confirmation {
  readonly #file: string;

  constructor(folder: string, key: string) {
    this.#file = join(folder, `${key}.json`);
  }

  /** 0 when there is nothing to go on from. */
  read(): number {
    try {
      return confirmationSchema.parse(JSON.parse(readFileSync(this.#file, 'utf8'))).confirmedLine;
    } catch {
      return 0; // none, or not ours: everything is sent, and what is there counts as duplicate
    }
  }

  save(confirmedLine: number): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.${process.pid}.new`;
    writeFileSync(draft, JSON.stringify({ confirmedLine }), { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/** Tells one import from another: the file by its size and beginning, how it is read, and where it goes. */
export function importKey(file: string, mapping: Mapping, { url, tenant }: Connection): string {
  const handle = openSync(file, 'r');
  try {
    const sample = Buffer.alloc(SAMPLE_BYTES);
    const length = readSync(handle, sample, 0, SAMPLE_BYTES, 0);
    const described = JSON.stringify([fstatSync(handle).size, mapping, url, tenant]);
    return createHash('sha256').update(described).update(sample.subarray(0, length)).digest('hex').slice(0, 32);
  } finally {
    closeSync(handle);
  }
}
