import { describe, expect, it } from '@jest/globals';
import { Lifecycle } from './lifecycle.ts';

describe('the end of the launcher', () => {
  it('ends what was started in reverse order, also when one part fails', async () => {
    const done: string[] = [];
    const lifecycle = new Lifecycle((line) => done.push(line));
    lifecycle.onStop('first', () => void done.push('first'));
    lifecycle.onStop('second', () => Promise.reject(new Error('stuck')));
    lifecycle.onStop('third', () => void done.push('third'));
    await lifecycle.close();

    expect(done).toEqual(['third', 'second did not stop well: stuck', 'first']);
    expect(lifecycle.exitCode).toBe(1);
  });

  it('keeps the first reason and its exit code', async () => {
    const said: string[] = [];
    const lifecycle = new Lifecycle((line) => said.push(line));
    lifecycle.stop('a service ended', 1);
    lifecycle.stop('Ctrl-C', 0);
    await lifecycle.ended();

    expect([said, lifecycle.exitCode, lifecycle.signal.aborted]).toEqual([['a service ended'], 1, true]);
  });
});
