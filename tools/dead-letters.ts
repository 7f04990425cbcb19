/** `npm run dead-letters`: what the services could not handle, and what becomes of it; `--help` tells its options. */
import { readOptions, WrongOptions } from './dead-letters/options.ts';
import { run } from './dead-letters/run.ts';

try {
  process.exitCode = await run(readOptions(process.argv.slice(2), process.env), {
    say: console.log,
    complain: console.error,
  });
} catch (error) {
  const isUsage = error instanceof WrongOptions;
  console.error(error instanceof Error ? error.message : String(error));
  if (isUsage) console.error('npm run dead-letters -- --help says more.');
  process.exitCode = isUsage ? 2 : 1;
}
