import { describe, expect, it } from '@jest/globals';
import { runChecks } from './run-checks.ts';

const never = new AbortController().signal;
const good = (name: string) => ({ name, run: () => Promise.resolve(`${name} is fine`) });
const bad = (name: string, gate = false) => ({ name, gate, run: () => Promise.reject(new Error(`${name} is not`)) });

describe('the checks of a proof', () => {
  it('go on after one that failed', async () => {
    const checks = await runChecks([good('a'), bad('b'), good('c')], never);

    expect(checks).toEqual([
      { name: 'a', outcome: 'ok', detail: 'a is fine' },
      { name: 'b', outcome: 'failed', detail: 'b is not' },
      { name: 'c', outcome: 'ok', detail: 'c is fine' },
    ]);
  });

  it('say which of them were not run, and why', async () => {
    const checks = await runChecks([bad('a', true), good('b'), bad('c', true)], never);

    expect(checks.map(({ outcome }) => outcome)).toEqual(['failed', 'not-run', 'not-run']);
    expect(checks[2]?.detail).toBe('"a" failed before it.');
  });

  it('keep details within what the contract takes', async () => {
    const [check] = await runChecks([{ name: 'a', run: () => Promise.resolve('x'.repeat(3_000)) }], never);

    expect(check?.detail).toHaveLength(2_000);
  });

  it('find nothing wrong because somebody ended the process', async () => {
    await expect(runChecks([bad('a')], AbortSignal.abort())).rejects.toThrow('aborted');
  });
});
