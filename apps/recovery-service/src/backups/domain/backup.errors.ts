import type { BackupPhase } from '#libs/contracts';
import { DomainError } from '#libs/kernel';

/** No backup has this id, or not in this tenant. */
export class BackupNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'backup/not-found';

  constructor(backupId: string) {
    super(`There is no backup ${backupId}. GET /v1/backups lists those that exist.`);
  }
}

/** A command came for a backup that is at another stage, or over. */
export class BackupElsewhere extends DomainError {
  readonly kind = 'refused';
  readonly code = 'backup/at-another-stage';

  constructor(backupId: string, status: string, command: string) {
    super(`Backup ${backupId} is ${status}: ${command} is not for it any more.`);
  }
}

/** A newer attempt took over from the one that speaks. Its work is to be thrown away. */
export class AttemptSuperseded extends DomainError {
  readonly kind = 'refused';
  readonly code = 'backup/attempt-superseded';

  constructor(backupId: string, attempt: number, current: number) {
    super(`Attempt ${attempt} of backup ${backupId} was superseded by attempt ${current}: its result does not count.`);
  }
}

/** A step of a backup did not succeed; the backup has failed in this phase. */
export class BackupStepFailed extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'backup/step-failed';
  readonly phase: BackupPhase;

  constructor(phase: BackupPhase, message: string, cause?: unknown) {
    super(message, { cause });
    this.phase = phase;
  }
}
