import { DomainError } from '#libs/kernel';

/** The command line is wrong; the message says how. */
export class WrongUsage extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'import/wrong-usage';
}

/** The mapping file cannot be used; the message names each trouble. */
export class UnusableMapping extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'import/unusable-mapping';
}

/** The file cannot be read as a point-of-sale export at all. */
export class UnreadableExport extends DomainError {
  readonly kind = 'malformed';
  readonly code = 'import/unreadable-export';
}
