import { BaseRpcContext } from '@nestjs/microservices';
import type { Transaction } from '#libs/event-store';
import type { IncomingEvent } from '#libs/messaging';

/** What a handler of a service's event gets besides the event: `@Ctx() context: EventContext`. */
export class EventContext extends BaseRpcContext<[IncomingEvent, Transaction | undefined]> {
  get incoming(): IncomingEvent {
    return this.args[0];
  }

  /**
   * The transaction that also moves the inbox: rows and appends that go through it happen exactly once.
   * @throws Error for messages from outside, whose handlers are idempotent by key instead
   */
  get transaction(): Transaction {
    const [, transaction] = this.args;
    if (!transaction) throw new Error('Messages from outside have no inbox: append with an idempotency key.');
    return transaction;
  }
}
