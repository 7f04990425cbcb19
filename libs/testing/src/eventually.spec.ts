import { describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('returns what the assertion returned once it passes', async () => {
    let tries = 0;

    const result = await eventually(
      () => {
        tries += 1;
        if (tries < 3) throw new Error('not yet');
        return tries;
      },
      { everyMs: 1 },
    );

    expect(result).toBe(3);
  });

  it('takes false for not yet', async () => {
    let tries = 0;

    await eventually(() => (tries += 1) === 2, { everyMs: 1 });

    expect(tries).toBe(2);
  });

  it('throws the last failure on the deadline', async () => {
    const failure = new Error('lag is 7');

    const attempt = eventually(() => Promise.reject(failure), { withinMs: 30, everyMs: 5 });

    await expect(attempt).rejects.toThrow(/Not so within 30 ms, in \d+ tries\. Last: lag is 7/);
    await expect(attempt).rejects.toMatchObject({ cause: failure });
  });

  it('gives up on a try that never settles', async () => {
    const attempt = eventually(() => new Promise<never>(() => undefined), { withinMs: 20 });

    await expect(attempt).rejects.toThrow('in 1 tries. Last: The first try has not settled.');
  });
});
