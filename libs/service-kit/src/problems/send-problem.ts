import type { FastifyReply } from 'fastify';
import type { ProblemAnswer } from './problem-from.ts';
import { PROBLEM_MEDIA_TYPE } from './problem.ts';

/** Ends a request with a problem document. */
export function sendProblem(reply: FastifyReply, { problem, headers }: ProblemAnswer): void {
  reply
    .code(problem.status)
    .headers({ ...headers })
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(problem));
}
