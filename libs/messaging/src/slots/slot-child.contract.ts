/**
 * An instance in a process of its own, to be paused and killed: `node slot-child.contract.ts <postgres> <nats> <owner> <ttlMs>`.
 * Tells what its holder is told, and for each message on `work` whether it would start to work on slot 0.
 */
import { Database } from '#libs/event-store';
import { connectBus } from '../bus.ts';
import { SlotLeases } from './slot-leases.ts';

const [url = '', natsUrl = '', owner = '', ttlMs = ''] = process.argv.slice(2);
const tell = (what: string): void => {
  process.stdout.write(`${what}\n`);
};
const database = new Database({ url, schema: 'health', applicationName: owner });
const bus = await connectBus({ url: natsUrl, name: owner });
const leases = new SlotLeases({
  database,
  bus,
  group: 'health',
  owner,
  ttlMs: Number(ttlMs),
  holders: [
    {
      gain: (claims) => {
        tell(`gain ${claims.length}`);
      },
      release: (slots) => {
        tell(`release ${slots.length}`);
        return Promise.resolve();
      },
      drop: (slots) => {
        tell(`drop ${slots.length}`);
      },
    },
  ],
  onFailure: () => undefined,
});
bus.subscribe('work', () => {
  tell(leases.isHeld(0) ? 'started' : 'not started');
});
leases.start();
