import type { FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '#libs/contracts';
import type { ProblemAnswer } from './problem-from.ts';

/** Ends a request with a problem document. */
export function sendProblem(reply: FastifyReply, { problem, headers }: ProblemAnswer): void {
  reply
    .code(problem.status)
    .headers({ ...headers })
    .header('content-type', PROBLEM_MEDIA_TYPE)
    .send(Buffer.from(JSON.stringify(problem))); // for text Fastify adds a charset, which JSON media types do not have
}
