import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, readFileSync, rmSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { join } from 'node:path';
import type { Stage } from './stages.ts';

export type Outcome = Readonly<{
  stage: Stage;
  result: 'passed' | 'failed' | 'skipped';
  seconds: number;
  /** Where the whole output is. */
  outputFile: string;
  tests: TestCount;
}>;

export type TestCount = Readonly<{ passed: number; failed: number }>;

const NO_TESTS: TestCount = { passed: 0, failed: 0 };
/** A command that hangs is a failure, not a reason to wait for ever. */
const LONGEST_MS = 30 * 60_000;

const running = new Set<ChildProcess>();

/** Ends what runs now: a check that nobody waits for must not go on. */
export function stopRunning(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

function numberOf(report: unknown, name: string): number {
  if (typeof report !== 'object' || report === null) return 0;
  const value = new Map<string, unknown>(Object.entries(report)).get(name);
  return typeof value === 'number' ? value : 0;
}

/** The numbers of a report that Jest wrote. A file of specs that does not even load counts as one failure. */
export function countTests(report: unknown): TestCount {
  return {
    passed: numberOf(report, 'numPassedTests'),
    failed: numberOf(report, 'numFailedTests') + numberOf(report, 'numRuntimeErrorTestSuites'),
  };
}

function readCount(file: string | undefined): TestCount {
  if (file === undefined || !existsSync(file)) return NO_TESTS;
  return countTests(JSON.parse(readFileSync(file, 'utf8')));
}

async function runCommand(root: string, command: Stage['commands'][number], outputFile: string): Promise<boolean> {
  const output = createWriteStream(outputFile, { flags: 'a' });
  const child = spawn(command.program, command.args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
  });
  running.add(child);
  const tooLate = setTimeout(() => {
    output.write(`\nStopped: it took more than ${LONGEST_MS / 60_000} minutes.\n`);
    child.kill('SIGKILL');
  }, LONGEST_MS);
  child.stdout.pipe(output, { end: false });
  child.stderr.pipe(output, { end: false });
  const isFine = await new Promise<boolean>((resolve) => {
    child.once('error', (error) => {
      output.write(`${command.program} cannot be started: ${error.message}\n`);
      resolve(false);
    });
    child.once('close', (code) => {
      resolve(code === 0);
    });
  });
  clearTimeout(tooLate);
  running.delete(child);
  output.end();
  await finished(output);
  return isFine;
}

/** Runs a stage to its end; never rejects for what it checks. */
export async function runStage(root: string, folder: string, stage: Stage): Promise<Outcome> {
  const outputFile = join(folder, `${stage.name}.log`);
  rmSync(outputFile, { force: true });
  if (stage.resultFile !== undefined) rmSync(stage.resultFile, { force: true });
  const begin = performance.now();
  let isFine = true;
  for (const command of stage.commands) isFine = isFine && (await runCommand(root, command, outputFile));
  const tests = readCount(stage.resultFile);
  // Jest that ends well without numbers has not run: that is no success.
  const hasNumbers = stage.resultFile === undefined || existsSync(stage.resultFile);
  return {
    stage,
    result: isFine && hasNumbers ? 'passed' : 'failed',
    seconds: (performance.now() - begin) / 1000,
    outputFile,
    tests,
  };
}

export function skipped(stage: Stage): Outcome {
  return { stage, result: 'skipped', seconds: 0, outputFile: '', tests: NO_TESTS };
}
