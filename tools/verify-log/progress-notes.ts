import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { LaneMark } from '#libs/event-store';
import type { LogPlace } from './find-log.ts';

const markSchema = z.strictObject({
  lane: z.int().nonnegative(),
  position: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  first: z.int().positive(),
  events: z.int().nonnegative(),
  streams: z.int().nonnegative(),
});
const notesSchema = z.record(z.string(), z.array(markSchema));

const SAVE_EVERY_MS = 2_000;

/** Notes every few seconds how far a verification is, so that an interrupted one can go on. */
export class ProgressNotes {
  readonly #file: string;
  readonly #nowMs: () => number;
  readonly #notes: Map<string, readonly LaneMark[]>;
  #savedAtMs: number;

  /** @param nowMs a clock that only goes forward */
  constructor(file: string, nowMs: () => number) {
    this.#file = file;
    this.#nowMs = nowMs;
    this.#notes = readNotes(file);
    this.#savedAtMs = nowMs();
  }

  /** What an earlier run noted of a log; nothing when it came to its end. */
  of(place: LogPlace): readonly LaneMark[] {
    return this.#notes.get(nameOf(place)) ?? [];
  }

  note(place: LogPlace, mark: LaneMark): void {
    const others = this.of(place).filter(({ lane }) => lane !== mark.lane);
    this.#notes.set(nameOf(place), [...others, mark]);
    if (this.#nowMs() - this.#savedAtMs >= SAVE_EVERY_MS) this.save();
  }

  forget(place: LogPlace): void {
    if (this.#notes.delete(nameOf(place))) this.save();
  }

  save(): void {
    mkdirSync(dirname(this.#file), { recursive: true });
    const draft = `${this.#file}.${process.pid}.new`;
    writeFileSync(draft, JSON.stringify(Object.fromEntries(this.#notes)), { mode: 0o600 });
    renameSync(draft, this.#file);
    this.#savedAtMs = this.#nowMs();
  }
}

function readNotes(file: string): Map<string, readonly LaneMark[]> {
  try {
    return new Map(Object.entries(notesSchema.parse(JSON.parse(readFileSync(file, 'utf8')))));
  } catch {
    return new Map(); // none, or not ours: everything is verified from its start
  }
}

/** The same log by whichever role it is read; without the password. */
function nameOf({ url, schema }: LogPlace): string {
  const { hostname, port, pathname } = new URL(url);
  return createHash('sha256')
    .update(JSON.stringify([hostname, port, pathname, schema]))
    .digest('hex')
    .slice(0, 16);
}
