import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { LOG_POSITION_HEADER, positionText, WAIT_FOR_POSITION_HEADER, type EpochPosition } from '#libs/contracts';
import { OUTSIDE_THE_LOG } from '../openapi/operation.decorator.ts';
import { LogTrail, runWithTrail } from './log-trail.ts';
import type { PositionGate } from './position-gate.ts';
import { reachedFor } from './wanted-position.ts';

const READS = new Set(['GET', 'HEAD']);

/**
 * Lets clients read what they wrote: every answer of an operation on the log says how far the log had
 * come for it, and a read waits for the position that it names.
 *
 * A read says what it contains at least, and says it of a refusal (404) too. A write names the newest event that it appended
 * or, when it changed nothing, the newest that it can have seen. Messages pass: `answerQuery` does the same for them.
 */
export class LogPositionInterceptor implements NestInterceptor {
  readonly #gate: PositionGate;
  readonly #reflector: Reflector;

  constructor(gate: PositionGate, reflector: Reflector) {
    this.#gate = gate;
    this.#reflector = reflector;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() !== 'http') return next.handle();
    if (this.#reflector.get<boolean | undefined>(OUTSIDE_THE_LOG, context.getHandler()) === true) return next.handle();
    const http = context.switchToHttp();
    const reply = http.getResponse<FastifyReply>();
    const { method, headers } = http.getRequest<FastifyRequest>();
    if (!READS.has(method)) return this.#write(reply, next);
    const wanted = headers[WAIT_FOR_POSITION_HEADER.toLowerCase()]?.toString();
    tell(reply, await reachedFor(this.#gate, { name: WAIT_FOR_POSITION_HEADER, text: wanted }));
    return next.handle();
  }

  #write(reply: FastifyReply, next: CallHandler): Observable<unknown> {
    const trail = new LogTrail();
    return runWithTrail(trail, () => next.handle()).pipe(
      mergeMap(async (body: unknown) => {
        tell(reply, await this.#positionOf(trail));
        return body;
      }),
    );
  }

  #positionOf({ latest }: LogTrail): Promise<EpochPosition> {
    return latest === undefined ? this.#gate.newest() : this.#gate.named(latest);
  }
}

function tell(reply: FastifyReply, position: EpochPosition): void {
  reply.header(LOG_POSITION_HEADER, positionText(position));
}
