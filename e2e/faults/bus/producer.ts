/**
 * An instance of a service that has a log: it appends, publishes what is public, and answers for what it published.
 * It says `ready`, appends from the word `load` to the word `pause`, and ends at the word `stop`.
 */
import { provisionStreams } from '#libs/messaging';
import { say, setting, words } from '../stdio.ts';
import { ControlRelay } from './control-relay.ts';
import { Load } from './load.ts';
import { publishLog } from './publish-log.ts';
import { openService } from './service.ts';
import { PRODUCER } from './tables.ts';

const service = await openService(PRODUCER);
await provisionStreams(service.bus);
const relay = setting('RELAY') === 'control' ? new ControlRelay(service) : publishLog(service);
relay.start();
const load = new Load({
  ...service,
  eventsPerSecond: Number(setting('EVENTS_PER_SECOND')),
  seed: Number(setting('SEED')),
});

say({ line: 'ready' });
const next = words();
for (let word = await next.next(); word.done !== true && word.value !== 'stop'; word = await next.next()) {
  if (word.value === 'load') load.start();
  if (word.value !== 'pause') continue;
  await load.stop();
  say({ line: 'paused' });
}
await load.stop();
await relay.stop();
await service.close();
say({ line: 'done' });
process.stdin.destroy();
