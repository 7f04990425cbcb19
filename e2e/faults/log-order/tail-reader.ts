import { setTimeout as delay } from 'node:timers/promises';
import { START, StoreUnavailable, type Position } from '#libs/event-store';
import { Random } from '../../../simulation/random.ts';
import type { Line } from './history.ts';
import type { LogUnderTest } from './session.ts';

const PAUSE_MS = 2;
const LARGEST_PAGE = 200;

/** Follows a log from its beginning, as every projection does: asks for what is after its checkpoint, again and again. */
export class TailReader {
  checkpoint: Position = START;
  private readonly log: LogUnderTest;
  private readonly record: (line: Line) => void;
  private readonly random: Random;
  private mayEnd = false;

  constructor(log: LogUnderTest, record: (line: Line) => void, seed: number) {
    this.log = log;
    this.record = record;
    this.random = Random.fromSeed(seed);
  }

  /** Reads until it was told to finish and has nothing left to read. */
  async run(): Promise<void> {
    for (;;) {
      const isLast = this.mayEnd;
      const found = await this.readPage();
      if (found > 0) continue;
      if (isLast && found === 0) return;
      await delay(PAUSE_MS);
    }
  }

  finish(): void {
    this.mayEnd = true;
  }

  /** @returns how many events there were, or nothing when the log is away */
  private async readPage(): Promise<number> {
    try {
      const events = await this.log.readAll({ after: this.checkpoint, limit: this.random.between(1, LARGEST_PAGE) });
      if (events.length > 0) {
        this.record({ line: 'seen', events: events.map(({ position, id, hash }) => ({ position, id, hash })) });
      }
      this.checkpoint = events.at(-1)?.position ?? this.checkpoint;
      return events.length;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      return -1;
    }
  }
}
