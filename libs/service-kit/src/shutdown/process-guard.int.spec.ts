import { spawn } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';

const folder = new URL('.', import.meta.url).href;

/** A process with one step of shutdown, which says what it does on stdout. */
const program = (step: string, then = '') => `
  const { guardProcess } = await import('${folder}process-guard.ts');
  const { ShutdownSequence } = await import('${folder}shutdown-sequence.ts');
  const say = (level) => (fields, message) => process.stdout.write(level + ' ' + message + '\\n');
  const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error'), fatal: say('fatal') };
  const sequence = new ShutdownSequence({ logger, graceMs: 5_000 });
  sequence.add({ phase: 'finish', name: 'work', run: ${step} });
  guardProcess({ process, sequence, logger, flush: async () => void process.stdout.write('flushed\\n') });
  setInterval(() => undefined, 1_000);
  process.stdout.write('ready\\n');
  ${then}
`;

type Ended = Readonly<{ code: number | null; signal: string | null; output: string }>;

/** Runs it, sending a signal each time the output shows a word. */
function run(source: string, signals: readonly (readonly [string, NodeJS.Signals])[] = []): Promise<Ended> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pending = [...signals];
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const [next] = pending;
    if (!next || !output.includes(next[0])) return;
    pending.shift();
    child.kill(next[1]);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve({ code, signal, output });
    });
  });
}

describe('a real process', () => {
  it('finishes its work on SIGTERM and ends with 0', async () => {
    const ended = await run(program("async () => void process.stdout.write('working\\n')"), [['ready', 'SIGTERM']]);

    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.output).toMatch(/shutdown begins\nworking\n.*work: done\n.*complete/s);
  });

  it('ends at once on the second signal', async () => {
    const ended = await run(program('() => new Promise(() => undefined)'), [
      ['ready', 'SIGTERM'],
      ['shutdown begins', 'SIGINT'],
    ]);

    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.output).toContain('second signal');
  });

  it.each([
    ['an uncaught exception', "setImmediate(() => { throw new Error('broken'); });"],
    ['an unhandled rejection', "void Promise.reject(new Error('broken'));"],
  ])('flushes and ends with 1 on %s', async (what, then) => {
    const ended = await run(program('() => undefined', then));

    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.output).toContain(`fatal ${what.replace(/^an /, '')}`);
    expect(ended.output).toContain('flushed');
  });
});
