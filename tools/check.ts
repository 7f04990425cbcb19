/** `npm test`: everything that decides whether a change lands, one line per stage. */
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runPlan } from './check/plan.ts';
import { closingLine, stageLine } from './check/report.ts';
import { runStage, skipped, stopRunning } from './check/run-stage.ts';
import type { Outcome } from './check/run-stage.ts';
import { allStages } from './check/stages.ts';
import type { Stage } from './check/stages.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RESULTS = join(ROOT, '.local', 'check');
const SHOWN_LINES = 80;

const USAGE = `Usage: npm test -- [options]

Runs every check, one line each; the output of one is shown when it fails.

  --only <stage>    run this stage only; may be given several times
  --list            name the stages
  --help            show this`;

function say(line: string): void {
  console.log(line);
}

function report(outcome: Outcome): void {
  say(stageLine(outcome));
  if (outcome.result !== 'failed') return;
  const lines = readFileSync(outcome.outputFile, 'utf8').trimEnd().split('\n');
  say(
    lines
      .slice(-SHOWN_LINES)
      .map((line) => `    ${line}`)
      .join('\n'),
  );
  say(`    The whole output: ${relative(process.cwd(), outcome.outputFile)}`);
}

/** The stages that were asked for, or the name of one that does not exist. */
function chosen(stages: readonly Stage[], only: readonly string[]): readonly Stage[] | string {
  const unknown = only.find((name) => !stages.some((stage) => stage.name === name));
  return unknown ?? (only.length === 0 ? stages : stages.filter((stage) => only.includes(stage.name)));
}

async function check(stages: readonly Stage[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopRunning(signal);
      process.exit(130);
    });
  }
  const outcomes = await runPlan({
    stages,
    lightAtOnce: availableParallelism() > 1 ? 2 : 1,
    run: (stage) => runStage(ROOT, RESULTS, stage),
    skip: skipped,
    report,
  });
  say(`\n${closingLine(outcomes)}`);
  return outcomes.every(({ result }) => result === 'passed') ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(USAGE);
    return 0;
  }
  mkdirSync(RESULTS, { recursive: true });
  const stages = allStages(ROOT, RESULTS);
  if (values.list) {
    for (const { name, title } of stages) say(`${name.padEnd(14)} ${title}`);
    return 0;
  }
  const selection = chosen(stages, values.only);
  if (typeof selection !== 'string') return check(selection);
  console.error(`There is no stage ${selection}; --list names them all.`);
  return 2;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
  },
);
