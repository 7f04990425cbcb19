import { DomainError } from '#libs/kernel';

/** The new rows of the same version are not the old ones: one of the two folds went wrong. Nothing was switched. */
export class RebuildDiffers extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/rebuild-differs';

  constructor(name: string, version: number, summary: string) {
    super(
      `${name} (version ${version}) was folded again and came out differently: ${summary}. ` +
        'Nothing was switched. Find out which rows are right, then run the rebuild with --accept-differences.',
    );
  }
}

/** Postgres refused to replace or register a projection's table. */
export class ProjectionRefused extends DomainError {
  readonly kind = 'refused';
  readonly code = 'event-store/projection-refused';

  constructor(name: string, reason: string, cause: unknown) {
    super(`Projection ${name} cannot be rebuilt, switched or rolled back: ${reason}.`, { cause });
  }
}

/** Readers or writers of the table did not make room for the switch. Nothing was switched. */
export class SwitchHeldUp extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'event-store/switch-held-up';

  constructor(name: string, attempts: number, cause: unknown) {
    super(
      `The new rows of ${name} are ready, but other work (a backup, a long query) held its table for ${attempts} attempts. ` +
        'Run the rebuild again: it goes on where it stopped.',
      { cause },
    );
  }
}

/** Somebody else works on the same rebuild. Their rows count; ours were not written. */
export class RebuildTakenOver extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/rebuild-taken-over';

  constructor(name: string) {
    super(
      `Another instance goes on with the rebuild of ${name}, or has ended it. Look at its progress before you run it again.`,
    );
  }
}
