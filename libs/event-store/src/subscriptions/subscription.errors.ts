import { DomainError } from '#libs/kernel';
import type { Position } from '../event-store.ts';

type OtherEpoch = Readonly<{ name: string; version: number; position: Position; epoch: number; current: number }>;

/**
 * A checkpoint belongs to an earlier life of the store and lies beyond what the log holds now: what the subscriber wrote
 * comes partly from events that are gone.
 */
export class CheckpointOfOlderEpoch extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/checkpoint-of-older-epoch';

  readonly subscriber: string;
  readonly position: Position;
  readonly epoch: number;
  readonly currentEpoch: number;

  constructor({ name, version, position, epoch, current }: OtherEpoch) {
    super(
      `${name} (version ${version}) stands at position ${position} of epoch ${epoch}; the log is in epoch ${current}. ` +
        'Its rows come from events that the log may no longer hold. For a projection run ' +
        '`npm run rebuild -- <service> ' +
        `${name}\`; for any other subscriber set its row of checkpoints to the epoch and position from which it may go on.`,
    );
    this.subscriber = name;
    this.position = position;
    this.epoch = epoch;
    this.currentEpoch = current;
  }
}

/** A subscriber's checkpoint was there when it began, and is gone. */
export class CheckpointMissing extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/checkpoint-missing';

  readonly subscriber: string;

  constructor(name: string, version: number) {
    super(
      `The checkpoint of ${name} (version ${version}) is gone. Restart the service to begin at the start of the log; ` +
        'for a projection run `npm run rebuild -- <service> ' +
        `${name}\`, so that nothing is counted twice.`,
    );
    this.subscriber = name;
  }
}
