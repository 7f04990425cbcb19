import { EventEmitter } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { guardProcess } from './process-guard.ts';
import { ShutdownSequence } from './shutdown-sequence.ts';

const silent = () => undefined;

class FakeProcess extends EventEmitter {
  readonly exited = Promise.withResolvers<number>();
  readonly codes: number[] = [];

  exit(code: number): void {
    this.codes.push(code);
    this.exited.resolve(code);
  }
}

function guarded(options: { run?: () => Promise<void> | void; flush?: () => Promise<void> } = {}) {
  const fake = new FakeProcess();
  const fatal: object[] = [];
  const reported: unknown[] = [];
  const logger = {
    debug: silent,
    info: silent,
    warn: silent,
    error: silent,
    fatal: (fields: object) => fatal.push(fields),
  };
  const sequence = new ShutdownSequence({ logger, graceMs: 1_000 });
  sequence.add({ phase: 'finish', name: 'work', run: options.run ?? silent });
  const guard = {
    process: fake,
    sequence,
    logger,
    reporter: { report: (error: unknown) => void reported.push(error) },
    flush: options.flush ?? (() => Promise.resolve()),
    flushDeadlineMs: 20,
  };
  guardProcess(guard);
  return { fake, fatal, reported, guard };
}

describe('a guarded process', () => {
  it.each(['SIGTERM', 'SIGINT'])('ends well on %s', async (signal) => {
    const { fake } = guarded();

    fake.emit(signal, signal);

    expect(await fake.exited.promise).toBe(0);
  });

  it('ends with 1 when a step of the shutdown failed', async () => {
    const { fake } = guarded({ run: () => Promise.reject(new Error('broken')) });

    fake.emit('SIGTERM', 'SIGTERM');

    expect(await fake.exited.promise).toBe(1);
  });

  it('ends at once on the second signal', () => {
    const { fake } = guarded({ run: () => new Promise(() => undefined) });

    fake.emit('SIGTERM', 'SIGTERM');
    expect(fake.codes).toEqual([]);
    fake.emit('SIGINT', 'SIGINT');

    expect(fake.codes).toEqual([1]);
  });

  it.each(['uncaughtException', 'unhandledRejection'])(
    'logs, reports and flushes on %s, then ends with 1',
    async (event) => {
      let flushed = false;
      const flush = () => {
        flushed = true;
        return Promise.resolve();
      };
      const { fake, fatal, reported } = guarded({ flush });
      const defect = new TypeError('broken');

      fake.emit(event, defect);

      expect(await fake.exited.promise).toBe(1);
      expect(flushed).toBe(true);
      expect(fatal).toEqual([{ err: defect }]);
      expect(reported).toEqual([defect]);
    },
  );

  it('does not wait for a flush that hangs', async () => {
    const { fake } = guarded({ flush: () => new Promise(() => undefined) });

    fake.emit('uncaughtException', new Error('broken'));

    expect(await fake.exited.promise).toBe(1);
  });

  it('dies of the first defect only', async () => {
    const { fake, reported } = guarded();

    fake.emit('uncaughtException', new Error('first'));
    fake.emit('unhandledRejection', new Error('second'));
    await fake.exited.promise;

    expect(fake.codes).toEqual([1]);
    expect(reported).toEqual([new Error('first')]);
  });

  it('is guarded once', () => {
    const { fake, guard } = guarded();

    guardProcess(guard);

    expect(fake.listenerCount('SIGTERM')).toBe(1);
  });
});
