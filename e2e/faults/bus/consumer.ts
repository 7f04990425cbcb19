/** An instance of a service that is told of another one's log. It says `ready`, and ends in order at the word `stop`. */
import { say, setting, words } from '../stdio.ts';
import { ControlConsumer } from './control-consumer.ts';
import { followLog } from './follow-log.ts';
import { openService } from './service.ts';
import { CONSUMER } from './tables.ts';

const service = await openService(CONSUMER);
const kind = setting('CONSUMER');
const consumer =
  kind === 'ours' ? followLog(service) : new ControlConsumer(service, { hasInbox: kind === 'control-with-inbox' });
consumer.start();

say({ line: 'ready' });
const next = words();
for (let word = await next.next(); word.done !== true && word.value !== 'stop';) word = await next.next();
await consumer.stop();
await service.close();
say({ line: 'done' });
process.stdin.destroy();
