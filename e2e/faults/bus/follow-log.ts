import { ensureStream, LogConsumer, SlotLeases } from '#libs/messaging';
import { handleCounted } from './handle-counted.ts';
import type { Running } from './publish-log.ts';
import type { Service } from './service.ts';
import { CONSUMER, PRODUCER } from './tables.ts';

const STREAM = 'EVT_AGENT';

/** Consumes as the services do: the slots are shared out among the instances. */
export function followLog({ instance, bus, database, store, complain }: Service): Running {
  const consumer = new LogConsumer({
    service: CONSUMER,
    log: PRODUCER,
    stream: STREAM,
    name: `${CONSUMER}_counted`,
    ...{ bus, database, store },
    ensureStream: () => ensureStream(bus, STREAM),
    handle: (incoming, transaction) => handleCounted(incoming, transaction, instance),
    onFailure: complain,
  });
  const slots = new SlotLeases({
    ...{ database, bus, group: CONSUMER, owner: instance, holders: [consumer] },
    onFailure: complain,
  });
  return {
    start: () => {
      consumer.start();
      slots.start();
    },
    stop: async () => {
      await consumer.stopPulling();
      await slots.stop();
      await consumer.stop();
    },
  };
}
