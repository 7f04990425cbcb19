/**
 * A process that follows a stream, as `follower-process.ts` asks it to: what consumes has a processor and a heap of
 * its own, as another service has.
 */
import {
  answerSchema,
  followSchema,
  questionSchema,
  type Answer,
  type Follow,
  type Question,
} from './follower-protocol.ts';
import { FOLLOW, type Work } from './followings.ts';
import { sharedNowMs } from '../harness/clock.ts';

let positions: number[] = [];
let atMs: number[] = [];
let caughtUp = 0;
let failure: string | undefined;
let work: Work | undefined;
let opened = Promise.withResolvers<undefined>();

async function follow(asked: Follow): Promise<void> {
  positions = [];
  atMs = [];
  caughtUp = 0;
  opened = Promise.withResolvers();
  work = await FOLLOW[asked.how](followSchema.parse(asked), {
    opened: opened.promise,
    done: (position) => {
      positions.push(position);
      atMs.push(sharedNowMs());
    },
    caughtUp: (events) => {
      caughtUp += events;
    },
    failed: (error) => {
      failure ??= error instanceof Error ? (error.stack ?? error.message) : String(error);
    },
  });
}

async function answer(question: Question): Promise<Answer> {
  switch (question.ask) {
    case 'follow':
      await follow(question.follow);
      break;
    case 'open':
      opened.resolve(undefined);
      break;
    case 'stop':
      await work?.stop();
      work = undefined;
      break;
    case 'count':
    case 'tell':
  }
  return {
    count: positions.length,
    caughtUp,
    share: work?.share() ?? 0,
    ...(question.ask === 'tell' ? { positions, atMs } : {}),
    ...(failure === undefined ? {} : { failure }),
  };
}

process.on('message', (message) => {
  const question = questionSchema.parse(message);
  answer(question)
    .catch((error: unknown): Answer => {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { count: positions.length, caughtUp, share: 0, failure };
    })
    .then((answered) => process.send?.(answerSchema.parse(answered)))
    .catch(() => process.exit(1));
});
// Ends in good order, so that `--cpu-prof` can write what it saw.
process.on('disconnect', () => process.exit(0));
