import { DomainError } from '#libs/kernel';

/** No alert has the id. */
export class AlertNotFound extends DomainError {
  readonly kind = 'not-found';
  readonly code = 'alert/not-found';

  constructor(alertId: string) {
    super(`There is no alert "${alertId.slice(0, 128)}". GET /v1/alerts lists those that exist.`);
  }
}

/** The trouble is over; nobody needs to take care of it. */
export class AlertAlreadyResolved extends DomainError {
  readonly kind = 'refused';
  readonly code = 'alert/already-resolved';

  constructor(alertId: string) {
    super(`Alert ${alertId} is resolved and cannot be acknowledged. If the trouble is back, it has a new alert.`);
  }
}
