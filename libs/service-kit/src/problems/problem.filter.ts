import { Catch } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { logFieldsOf } from '../http/log-fields.ts';
import { contextOrFresh } from '../http/request-context.ts';
import type { ErrorReporter, Logger } from '../ports.ts';
import { problemFrom } from './problem-from.ts';
import { sendProblem } from './send-problem.ts';

export type ProblemFilterPorts = Readonly<{ logger: Logger; reporter: ErrorReporter }>;

/** Answers everything that is thrown while a request is handled with one problem document, and logs it once. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #ports: ProblemFilterPorts;

  constructor(ports: ProblemFilterPorts) {
    this.#ports = ports;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const context = contextOrFresh(request);
    const answer = problemFrom(error, context);
    const { status, code } = answer.problem;

    // Foreseen refusals say it all in their message; a stack is noise there.
    const fields = { ...logFieldsOf(request), status, code, ...(status >= 500 ? { err: error } : {}) };
    const what = error instanceof Error ? error.message : 'something that is no Error was thrown';
    this.#ports.logger[answer.log](fields, `${request.method} answered ${status}: ${what}`);
    if (answer.kind === 'defect') this.#ports.reporter.report(error, 'http');

    // Headers are out: cutting the connection is the only way left to say that the answer is not whole.
    if (reply.sent || reply.raw.headersSent) reply.raw.destroy();
    else sendProblem(reply, answer);
  }
}
