/**
 * A process that writes: several sessions at once on one store, as the handlers of a service do.
 * It says `ready`, begins at the first word on stdin, tells each attempt and outcome, and ends with `done`.
 */
import { z } from 'zod';
import { openLog } from './open-log.ts';
import { PlanOptions, planSession } from './plan.ts';
import { Session } from './session.ts';
import { say, setting, words } from '../stdio.ts';

const name = setting('PROGRAM_NAME');
const plans = z
  .array(PlanOptions)
  .parse(JSON.parse(setting('SESSIONS')))
  .map(planSession);
const retryForMs = process.env['RETRY_FOR_MS'] === undefined ? undefined : Number(process.env['RETRY_FOR_MS']);
const { store, close } = openLog(setting('LOG_URL'), name, retryForMs);

say({ line: 'ready' });
await words().next();
await Promise.all(plans.map((plan) => new Session({ log: store, process: name, record: say }).run(plan)));
await close();
say({ line: 'done' });
process.stdin.destroy();
