import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEM_MEDIA_TYPE } from '#libs/contracts';
import type { Problem } from '#libs/contracts';
import { FrameworkRefusal } from '../problems/http.errors.ts';
import { problemFrom } from '../problems/problem-from.ts';
import { sendProblem } from '../problems/send-problem.ts';
import { contextOrFresh, freshContext } from './request-context.ts';

type RawAnswer = Readonly<{ status: number; code: string; message: string }>;

const NOT_HTTP: RawAnswer = {
  status: 400,
  code: 'http/malformed-request',
  message: 'What was sent is no HTTP request. Check the client.',
};
const RAW_ANSWERS: Readonly<Record<string, RawAnswer>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    code: 'http/request-timeout',
    message: 'The request did not arrive whole in time. Send it again.',
  },
  HPE_HEADER_OVERFLOW: {
    status: 431,
    code: 'http/headers-too-large',
    message: 'The headers are too large. Send smaller ones.',
  },
};

/** The socket of a client whose bytes Node could not read as a request. */
export interface RawSocket {
  readonly writable: boolean;
  end(text: string): unknown;
  destroy(): unknown;
}

/** Answers bytes that are no HTTP with a problem, and closes the connection. */
export function answerRawClient(error: Readonly<{ code?: string | undefined }>, socket: RawSocket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(RAW_ANSWERS[error.code ?? ''] ?? NOT_HTTP);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}`,
      `content-type: ${PROBLEM_MEDIA_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

function problemOf(answer: RawAnswer): Problem {
  return problemFrom(new FrameworkRefusal({ kind: 'malformed', ...answer }), freshContext()).problem;
}

/** Answers what the router itself cannot take (a path that is no URL, an endless parameter), before any hook has run. */
export function answerRouterError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  sendProblem(reply, problemFrom(error, contextOrFresh(request)));
}
