import { DomainError } from '#libs/kernel';
import type { RecordedEvent } from '../event-store.ts';

type Unreadable = Readonly<Pick<RecordedEvent, 'type' | 'typeVersion' | 'position' | 'streamId'>>;

/**
 * The log holds an event that this release cannot read. Another one may: whatever meets it stops there and is tried
 * again, so that no event is passed over.
 */
export class UnreadableEvent extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/unreadable-event';

  readonly type: string;
  readonly typeVersion: number;
  readonly position: number;

  constructor({ type, typeVersion, position, streamId }: Unreadable, reason: string, cause?: unknown) {
    super(
      `Position ${position} (stream ${streamId}) holds ${type} version ${typeVersion}, which this release cannot read: ` +
        `${reason}. Run the release that wrote it, or add an upcaster.`,
      { cause },
    );
    this.type = type;
    this.typeVersion = typeVersion;
    this.position = position;
  }
}

/** A type and version that the log holds and this release cannot read. */
export type UnreadableType = Readonly<{
  type: string;
  version: number;
  firstPosition: number;
  /** Absent when they could not be counted in time; the error's `cause` says why. */
  seen?: Readonly<{ count: number; lastPosition: number; lastAt: Date }>;
}>;

/** The service does not start, since its log holds events that it cannot read. */
export class UnreadableLog extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/unreadable-log';

  readonly unreadable: readonly UnreadableType[];

  constructor(unreadable: readonly UnreadableType[], cause?: unknown) {
    const lines = unreadable.map((one) => `\n- ${described(one)}`);
    super(
      `The log holds events that this release cannot read:${lines.join('')}\n` +
        'Nothing was changed. Deploy the release that wrote them or a newer one; if there is none, add upcasters for them.',
      { cause },
    );
    this.unreadable = unreadable;
  }
}

function described({ type, version, firstPosition, seen }: UnreadableType): string {
  const first = `${type} version ${version}, first at position ${firstPosition}`;
  if (!seen) return first;
  return `${first}, ${seen.count} in all, last at position ${seen.lastPosition} (${seen.lastAt.toISOString()})`;
}
