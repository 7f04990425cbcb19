import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#libs/kernel';
import type { Bus } from '#libs/messaging';
import { BUS, CLOCK, LOGGER, type Logger } from '#libs/service-kit';
import type { Content } from '../domain/backup-ports.ts';
import type { Stage } from '../domain/backup.ts';

/** A message and a line per second: enough to see that it moves. */
const EVERY_MS = 1_000;

/** Tells whoever looks how many bytes have gone through; nobody keeps it. */
@Injectable()
export class BackupProgress {
  constructor(
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /** The same content, counted on its way. */
  async *counted(content: Content, what: Readonly<{ backupId: string; stage: Stage }>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    let toldAtMs = this.clock.now().getTime();
    for await (const chunk of content) {
      bytes += chunk.byteLength;
      yield chunk;
      const nowMs = this.clock.now().getTime();
      if (nowMs - toldAtMs < EVERY_MS) continue;
      toldAtMs = nowMs;
      this.tell({ ...what, bytes });
    }
    this.tell({ ...what, bytes });
  }

  private tell(progress: Readonly<{ backupId: string; stage: Stage; bytes: number }>): void {
    this.logger.info(progress, 'backup progress');
    const message = JSON.stringify({ ...progress, at: this.clock.now().toISOString() });
    if (this.bus.isConnected) this.bus.publish(`progress.recovery.${progress.backupId}`, message);
  }
}
