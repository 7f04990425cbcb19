/** `node tools/check/with-postgres.ts <command> ...`: runs a command beside a throw-away Postgres that all of its specs share. */
import { spawn } from 'node:child_process';
import { startThrowAwayPostgres } from '#libs/embedded-servers';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error('Name the command to run: node tools/check/with-postgres.ts jest ...');

const postgres = await startThrowAwayPostgres();
const child = spawn(command, args, {
  stdio: 'inherit',
  env: { ...process.env, STEWARD_TEST_POSTGRES: postgres.server.url },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
const code = await new Promise<number>((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', (exitCode, signal) => {
    resolve(exitCode ?? (signal === null ? 1 : 130));
  });
});
await postgres.remove();
process.exitCode = code;
