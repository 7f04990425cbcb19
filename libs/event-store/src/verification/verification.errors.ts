import { DomainError } from '#libs/kernel';

/** A text that is no key to sign heads with, or to check them by. */
export class UnusableSigningKey extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'event-store/unusable-signing-key';

  constructor(what: 'private' | 'public', options?: ErrorOptions) {
    super(
      what === 'private'
        ? 'The signing key (LOG_SIGNING_KEY) is no Ed25519 private key. Make one with "openssl genpkey -algorithm ed25519" and give its PEM, or that in base64.'
        : 'There is no Ed25519 public key in PEM. "openssl pkey -in <private key> -pubout" writes it.',
      options,
    );
  }
}

/**
 * What was signed is not what the log holds now: somebody rewrote it or set it back. Nothing more is signed, so that no
 * signature ever stands for the changed log.
 */
export class LogContradictsSignature extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'event-store/log-contradicts-signature';

  readonly lane: number;
  readonly position: number;

  constructor(lane: number, position: number, detail: string) {
    super(
      `Lane ${lane} is not as it was signed: ${detail}. Nothing is signed any more. ` +
        'Keep the database as it is, and run "npm run verify-log".',
    );
    this.lane = lane;
    this.position = position;
  }
}
