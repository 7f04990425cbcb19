import type { Outcome } from './run-stage.ts';

const MARKS: Readonly<Record<Outcome['result'], string>> = { passed: '✓', failed: '✗', skipped: '-' };

/** A stage in one line: how it went, its name, its seconds, and its tests where it has some. */
export function stageLine({ stage, result, seconds, tests }: Outcome): string {
  const line = `${MARKS[result]} ${stage.title.padEnd(28)}`;
  if (result === 'skipped') return `${line} left out, because ${stage.needs.join(' or ')} did not pass`;
  const count = stage.resultFile === undefined ? '' : `   ${tests.passed} passed, ${tests.failed} failed`;
  return `${line} ${seconds.toFixed(1).padStart(6)} s${count}`;
}

/** The sum over all tests, for people and for programs that read the last line. */
export function closingLine(outcomes: readonly Outcome[]): string {
  const sum = (pick: (outcome: Outcome) => number): number =>
    outcomes.reduce((total, outcome) => total + pick(outcome), 0);
  return `${sum(({ tests }) => tests.passed)} passed, ${sum(({ tests }) => tests.failed)} failed`;
}
