import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawnOwned, type OwnedProcess } from '#libs/embedded-servers';

const ROOT = join(import.meta.dirname, '../../../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/subscribing.md'), 'utf8');

/** The one block of the document in this language. */
export function documented(language: 'js' | 'conf'): string {
  const blocks = [...DOCUMENT.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, found]) => found === language);
  const [[, , text] = []] = blocks;
  if (text === undefined || blocks.length !== 1)
    throw new Error(`the document has ${blocks.length} blocks in ${language}`);
  return text;
}

/** The filters that the document shows. */
export function documentedFilters(): string[] {
  return [...DOCUMENT.matchAll(/^\| `((?:evt|alerts)\.[^`<]+)` +\|/gm)].map(([, filter = '']) => filter);
}

/** What the documented program printed of one message. */
export type Line = Readonly<{ time: string; subject: string; type: string; id: string }>;

/** The documented program, running. */
export class Subscriber {
  readonly lines: Line[] = [];
  private readonly process: OwnedProcess;

  private constructor(process: OwnedProcess) {
    this.process = process;
    if (process.child.stdout)
      createInterface(process.child.stdout).on('line', (line) => {
        const [time = '', subject = '', type = '', id = ''] = line.split(' ');
        this.lines.push({ time, subject, type, id });
      });
  }

  static async start(settings: Readonly<Record<string, string>>): Promise<Subscriber> {
    return new Subscriber(
      await spawnOwned(process.execPath, {
        args: ['--input-type=module', '--eval', documented('js')],
        cwd: ROOT,
        env: { PATH: process.env['PATH'], ...settings },
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    );
  }

  get ids(): string[] {
    return this.lines.map(({ id }) => id);
  }

  /** @returns its exit code */
  async stop(): Promise<number | null> {
    return (await this.process.stop()).code;
  }

  async kill(): Promise<void> {
    this.process.signal('SIGKILL');
    await this.process.exited;
  }
}
