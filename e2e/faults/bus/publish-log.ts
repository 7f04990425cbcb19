import { ensureStream, eventOutlet, PublishedEventsAnswerer, Relay } from '#libs/messaging';
import { say } from '../stdio.ts';
import { publication } from './counted.ts';
import type { Service } from './service.ts';
import { PRODUCER } from './tables.ts';

/** Something an instance does: to be started, and stopped in order. */
export type Running = Readonly<{ start: () => void; stop: () => Promise<void> }>;

/** Publishes and answers as the services do. */
export function publishLog({ instance, bus, database, store, complain }: Service): Running {
  const outlet = eventOutlet(PRODUCER, 'EVT_AGENT', publication);
  const log = { log: PRODUCER, bus, database, store };
  const relay = new Relay({
    ...{ ...log, owner: instance, outlet, onFailure: complain },
    ensureStream: () => ensureStream(bus, outlet.stream),
    onRefill: (from) => {
      say({ line: 'refill', instance, from });
    },
  });
  const answerer = new PublishedEventsAnswerer({ ...log, outlets: [outlet], onFailure: complain });
  return {
    start: () => {
      relay.start();
      answerer.start();
      // A commit of one instance wakes the relay of another one.
      const wake = `wake.${PRODUCER}`;
      store.onCommit((head) => {
        if (bus.isConnected) bus.publish(wake, String(head));
      });
      bus.subscribe(wake, () => {
        relay.notify();
      });
    },
    stop: async () => {
      await relay.stop();
      await answerer.stop();
    },
  };
}
