import { positionText, type EpochPosition } from '#libs/contracts';
import { DomainError, SECOND_MS, type Violation } from '#libs/kernel';

/** The position that a reader wants to wait for cannot be read. */
export class MalformedPosition extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'read-model/malformed-position';
  override readonly violations: readonly Violation[];

  /** @param pointer where it was: `#/header/wait-for-position` */
  constructor(text: string, pointer: string) {
    super(`"${text.slice(0, 40)}" is no position. Send the Log-Position of an earlier answer, such as 1:1742.`);
    this.violations = [{ pointer, detail: 'must be <epoch>:<position> or <position>' }];
  }
}

/** The position is beyond the log: nothing was ever written there, so there is nothing to wait for. */
export class UnknownPosition extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'read-model/unknown-position';
  readonly wanted: number;
  readonly head: EpochPosition;

  constructor(wanted: number, head: EpochPosition) {
    super(
      `Position ${wanted} is beyond the log, which ends at ${positionText(head)}. ` +
        'Positions of another service mean nothing here; read without the header, or with one that this service gave.',
    );
    this.wanted = wanted;
    this.head = head;
  }
}

/** The position belongs to another life of the store: it was restored since, and what was written there may be gone. */
export class OtherEpoch extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'read-model/other-epoch';
  readonly wanted: number;
  readonly epoch: number;

  constructor(wanted: number, epoch: number) {
    super(
      `The position is of epoch ${wanted}, and the store is in epoch ${epoch}: a restore lies between them. ` +
        'Read without the header, look whether what you wrote is still there, and go on from the new Log-Position.',
    );
    this.wanted = wanted;
    this.epoch = epoch;
  }
}

/** A read model did not reach the position in time. What was written is safe in the log, and will be seen. */
export class ReadModelBehind extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'read-model/behind';
  readonly retryAfterMs = SECOND_MS;
  readonly projection: string;
  readonly at: EpochPosition;
  readonly wanted: number;

  constructor(
    where: Readonly<{ projection: string; at: EpochPosition }>,
    { wanted, waitedMs }: Readonly<{ wanted: number; waitedMs: number }>,
  ) {
    super(
      `The read model ${where.projection} is at position ${positionText(where.at)} and did not reach ${wanted} ` +
        `within ${waitedMs} ms. Ask again, or without the header for what is known so far.`,
    );
    this.projection = where.projection;
    this.at = where.at;
    this.wanted = wanted;
  }
}
