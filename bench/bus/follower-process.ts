import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { spawnOwned, type OwnedProcess } from '#libs/embedded-servers';
import { until } from '../harness/paced.ts';
import type { AtEnd } from '../harness/with-resources.ts';
import { answerSchema, type Answer, type Follow, type Question } from './follower-protocol.ts';
import { WHOLE } from './followings.ts';

const PROGRAM = fileURLToPath(new URL('follower.ts', import.meta.url));

/** When each position had its effect, by the shared clock. */
export type Effects = Readonly<{ positions: readonly number[]; atMs: readonly number[] }>;

/** @throws when an event has not had its effect exactly once @returns when the last one had, by the shared clock */
export function lastOf({ positions, atMs }: Effects, expected: number): number {
  const distinct = new Set(positions).size;
  if (positions.length !== expected || distinct !== expected) {
    throw new Error(`${expected} events had ${positions.length} effects, of ${distinct} events.`);
  }
  return atMs.reduce((latest, at) => Math.max(latest, at), 0);
}

/** Some replicas of a service that follows a stream, each a process; they wait until they are asked to follow. */
export class Followers {
  private readonly all: readonly Follower[];
  private used: readonly Follower[] = [];

  private constructor(all: readonly Follower[]) {
    this.all = all;
  }

  static async start(replicas: number, atEnd: AtEnd): Promise<Followers> {
    const all: Follower[] = [];
    while (all.length < replicas) all.push(await Follower.start(atEnd));
    return new Followers(all);
  }

  get pids(): readonly number[] {
    return this.used.map(({ pid }) => pid);
  }

  /** So many of them begin to follow. Resolves when everything is assigned to them, in equal parts. */
  async follow(replicas: number, follow: Omit<Follow, 'owner'>): Promise<void> {
    this.used = this.all.slice(0, replicas);
    await Promise.all(
      this.used.map((one, index) => one.ask({ ask: 'follow', follow: { ...follow, owner: `replica-${index + 1}` } })),
    );
    if (follow.how !== 'inbox') return;
    await until('all slots are held in equal parts', async () => {
      const shares = (await this.askAll({ ask: 'count' })).map(({ share }) => share);
      return shares.every((share) => share === WHOLE / replicas);
    });
  }

  /** How many of the events so far came from the log instead of the stream. */
  async caughtUp(): Promise<number> {
    const answers = await this.askAll({ ask: 'count' });
    return answers.reduce((sum, { caughtUp }) => sum + caughtUp, 0);
  }

  async open(): Promise<void> {
    await this.askAll({ ask: 'open' });
  }

  /** Waits until there are so many effects. @throws when there are none of them any more for a while, or a replica failed */
  async untilDone(effects: number, withinMs = 300_000): Promise<void> {
    await until(
      `${effects} effects`,
      async () => {
        const answers = await this.askAll({ ask: 'count' });
        return answers.reduce((sum, { count }) => sum + count, 0) >= effects;
      },
      // The effects carry their times: asking more often would take time from those who work.
      { withinMs, everyMs: 50 },
    );
  }

  async effects(): Promise<Effects> {
    const answers = await this.askAll({ ask: 'tell' });
    return {
      positions: answers.flatMap(({ positions = [] }) => positions),
      atMs: answers.flatMap(({ atMs = [] }) => atMs),
    };
  }

  async stop(): Promise<void> {
    await this.askAll({ ask: 'stop' });
    this.used = [];
  }

  private askAll(question: Question): Promise<Answer[]> {
    return Promise.all(this.used.map((one) => one.ask(question)));
  }
}

class Follower {
  readonly pid: number;
  private readonly process: OwnedProcess;
  private questions: Promise<unknown> = Promise.resolve();

  private constructor(process: OwnedProcess) {
    this.process = process;
    this.pid = process.pid;
  }

  static async start(atEnd: AtEnd): Promise<Follower> {
    const owned = await spawnOwned(process.execPath, {
      args: ['--expose-gc', PROGRAM],
      cwd: process.cwd(),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    atEnd(async () => {
      if (owned.child.connected) owned.child.disconnect();
      await owned.exited;
    });
    return new Follower(owned);
  }

  /** @throws what the replica failed with */
  async ask(question: Question): Promise<Answer> {
    const asked = this.questions.then(() => this.exchange(question));
    this.questions = asked.catch(() => undefined);
    const answer = await asked;
    if (answer.failure !== undefined) throw new Error(`A replica failed: ${answer.failure}`);
    return answer;
  }

  private async exchange(question: Question): Promise<Answer> {
    const { child, exited } = this.process;
    const answered = once(child, 'message').then(([message]) => answerSchema.parse(message));
    child.send(question);
    return Promise.race([
      answered,
      exited.then(({ code, signal }) => {
        throw new Error(`A replica ended with ${signal ?? String(code)}.`);
      }),
    ]);
  }
}
