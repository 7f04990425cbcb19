import { describe, expect, it } from '@jest/globals';
import { runPlan } from './plan.ts';
import { closingLine, stageLine } from './report.ts';
import { countTests, skipped } from './run-stage.ts';
import type { Outcome } from './run-stage.ts';
import type { Stage } from './stages.ts';

function stage(name: string, more: Partial<Stage> = {}): Stage {
  return { name, title: name, commands: [], needs: [], isHeavy: false, ...more };
}

function outcome(of: Stage, result: Outcome['result'], passed = 0, failed = 0): Outcome {
  return { stage: of, result, seconds: 1.25, outputFile: '', tests: { passed, failed } };
}

/** Runs a plan whose stages end when they are told; logs when each begins and is reported. */
async function runWith(
  stages: readonly Stage[],
  failing: readonly string[],
  slow: readonly string[] = [],
): Promise<string[]> {
  const log: string[] = [];
  const release = Promise.withResolvers<unknown>();
  await runPlan({
    stages,
    lightAtOnce: 2,
    run: async (one) => {
      log.push(`run ${one.name}`);
      if (slow.includes(one.name)) await release.promise;
      else if (!one.isHeavy) release.resolve(undefined);
      return outcome(one, failing.includes(one.name) ? 'failed' : 'passed');
    },
    skip: skipped,
    report: ({ stage: { name }, result }) => log.push(`${result} ${name}`),
  });
  return log;
}

describe('npm test', () => {
  it('runs two light stages at once, heavy ones alone, and reports in order', async () => {
    const log = await runWith([stage('a'), stage('b'), stage('heavy', { isHeavy: true })], [], ['a']);

    expect(log).toEqual(['run a', 'run b', 'passed a', 'passed b', 'run heavy', 'passed heavy']);
  });

  it('runs everything although something failed, save what needs it', async () => {
    const build = stage('build', { needs: ['types'] });
    const journeys = stage('end-to-end', { needs: ['build'], isHeavy: true });
    const log = await runWith([stage('types'), stage('unit', { isHeavy: true }), build, journeys], ['types']);

    expect(log).toEqual([
      'run types',
      'failed types',
      'run unit',
      'passed unit',
      'skipped build',
      'skipped end-to-end',
    ]);
  });

  it('counts a file that does not load as a failure', () => {
    expect(countTests({ numPassedTests: 3, numFailedTests: 1, numRuntimeErrorTestSuites: 2 })).toEqual({
      passed: 3,
      failed: 3,
    });
    expect(countTests(null)).toEqual({ passed: 0, failed: 0 });
  });

  it('shows a stage in one line, and the sum at the end', () => {
    const unit = outcome(stage('unit', { resultFile: 'x' }), 'failed', 120, 1);

    expect(stageLine(unit)).toBe(`✗ unit${' '.repeat(24)}    1.3 s   120 passed, 1 failed`);
    expect(stageLine(skipped(stage('build', { needs: ['types'] })))).toMatch(/^- build .* types did not pass$/);
    expect(closingLine([outcome(stage('types'), 'passed'), unit, outcome(stage('e'), 'passed', 3)])).toBe(
      '123 passed, 1 failed',
    );
  });
});
