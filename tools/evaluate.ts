/** `npm run evaluate`: how rightly the agents decide, beside what was planted; `--help` tells its options. */
import { HELP, readOptions, WrongOptions, type Options } from './evaluate/options.ts';
import { evaluate } from './evaluate/evaluate.ts';
import { textOf } from './evaluate/report.ts';
import { TerminalBar } from './terminal-bar.ts';

async function run(options: Options): Promise<number> {
  const bar = new TerminalBar(process.stderr, () => performance.now());
  const { score, speeds, failures } = await evaluate(options, (progress) => {
    bar.update(progress);
  });
  bar.end();
  console.log(
    options.json ? JSON.stringify({ ...score, speeds, failures }, null, 2) : textOf(score, speeds, options.list),
  );
  for (const failure of failures) console.error(`A look failed: ${failure}`);
  return score.shortcomings.length + failures.length > 0 ? 1 : 0;
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else process.exitCode = await run(options);
} catch (error) {
  const isUsage = error instanceof WrongOptions;
  console.error(isUsage || !(error instanceof Error) ? String(error) : error.stack);
  process.exitCode = isUsage ? 2 : 1;
}
