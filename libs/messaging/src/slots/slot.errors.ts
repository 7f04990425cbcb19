import { DomainError } from '#libs/kernel';

/** The database did not confirm in time that slots are still this instance's own; it has stopped working on them. */
export class SlotsNotConfirmed extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'messaging/slots-not-confirmed';

  constructor(slots: readonly number[], withinMs: number) {
    super(
      `The database did not confirm the lease of ${slots.length} slots within ${withinMs} ms, so this instance stopped ` +
        'working on them. It takes slots again when the database answers; nothing needs to be done.',
    );
  }
}

/** Slots are no longer this instance's own although it renewed them in time. */
export class SlotsLost extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/slots-lost';

  constructor(slots: readonly number[], owner: string) {
    super(
      `The lease of slots ${slots.join(', ')} of instance ${owner} ended before its time. Somebody changed slot_leases by ` +
        'hand, the clock of the database jumped, or two instances have the same name: look whether INSTANCE_ID is unique.',
    );
  }
}

/** Slots are given to another instance although work on them has not ended here. */
export class SlotsStillBusy extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'messaging/slots-still-busy';

  constructor(slots: readonly number[], afterMs: number) {
    super(
      `Work on slots ${slots.join(', ')} had not ended ${afterMs} ms after it was asked to, and they are given to another ` +
        'instance. What is still under way will be refused and done again there; look for slow handlers.',
    );
  }
}
