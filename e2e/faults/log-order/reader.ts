/** A process that follows the log from the first word on stdin to the second, tells what it sees, and ends with `done`. */
import { openLog } from './open-log.ts';
import { say, setting, words } from '../stdio.ts';
import { TailReader } from './tail-reader.ts';

const { store, close } = openLog(setting('LOG_URL'), setting('PROGRAM_NAME'));
const reader = new TailReader(store, say, Number(setting('SEED')));
const word = words();

say({ line: 'ready' });
await word.next();
const reading = reader.run();
await word.next();
reader.finish();
await reading;
await close();
say({ line: 'done' });
process.stdin.destroy();
