import { describe, expect, it } from '@jest/globals';
import { ShutdownSequence } from './shutdown-sequence.ts';
import type { ShutdownStep } from './shutdown-sequence.ts';

const silent = () => undefined;
const logger = { debug: silent, info: silent, warn: silent, error: silent, fatal: silent };

function sequenceOf(steps: readonly ShutdownStep[], graceMs = 1_000) {
  const sequence = new ShutdownSequence({ logger, graceMs });
  for (const step of steps) sequence.add(step);
  return sequence;
}

describe('a shutdown', () => {
  it('takes its phases in order, and the steps of a phase as they were added', async () => {
    const ran: string[] = [];
    const step = (phase: ShutdownStep['phase'], name: string): ShutdownStep => ({
      phase,
      name,
      run: async () => {
        await Promise.resolve();
        ran.push(name);
      },
    });
    const sequence = sequenceOf([
      step('flush', 'telemetry'),
      step('release', 'leases'),
      step('stop-taking-work', 'readiness'),
      step('stop-taking-work', 'http'),
      step('acknowledge', 'acks'),
      step('finish', 'handlers'),
    ]);

    await sequence.run('test');

    expect(ran).toEqual(['readiness', 'http', 'handlers', 'acks', 'leases', 'telemetry']);
  });

  it('goes on after a step that fails or hangs', async () => {
    const aborted = Promise.withResolvers<boolean>();
    const ran: string[] = [];
    const sequence = sequenceOf([
      {
        phase: 'finish',
        name: 'fails',
        run: () => {
          throw new Error('broken');
        },
      },
      {
        phase: 'finish',
        name: 'hangs',
        deadlineMs: 20,
        run: (signal) => {
          signal.addEventListener('abort', () => {
            aborted.resolve(true);
          });
          return new Promise(() => undefined);
        },
      },
      { phase: 'release', name: 'leases', run: () => void ran.push('leases') },
    ]);

    const outcomes = await sequence.run('test');

    expect(outcomes.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['fails', 'failed'],
      ['hangs', 'timed-out'],
      ['leases', 'done'],
    ]);
    expect(ran).toEqual(['leases']);
    expect(await aborted.promise).toBe(true);
  });

  it('holds all steps together to the grace period, and still gives the last ones a moment', async () => {
    const deadlines: unknown[] = [];
    const info = (fields: object) =>
      deadlines.push(...Object.entries(fields).filter(([name]) => name === 'deadlineMs'));
    let nowMs = 0;
    const sequence = new ShutdownSequence({ logger: { ...logger, info }, graceMs: 1_000, elapsedMs: () => nowMs });
    const takes = (name: string, durationMs: number) => {
      sequence.add({ phase: 'finish', name, deadlineMs: 600, run: () => void (nowMs += durationMs) });
    };
    takes('one', 500);
    takes('two', 900);
    takes('three', 0);

    await sequence.run('test');

    expect(deadlines).toEqual([
      ['deadlineMs', 600],
      ['deadlineMs', 500],
      ['deadlineMs', 250],
    ]);
  });

  it('happens once', async () => {
    let times = 0;
    const sequence = sequenceOf([{ phase: 'finish', name: 'count', run: () => void (times += 1) }]);

    const [first, second] = await Promise.all([sequence.run('SIGTERM'), sequence.run('SIGINT')]);

    expect(times).toBe(1);
    expect(second).toBe(first);
    expect(() => {
      sequence.add({ phase: 'flush', name: 'late', run: silent });
    }).toThrow('Cannot add shutdown step "late"');
  });
});
