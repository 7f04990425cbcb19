import type { LoggerService } from '@nestjs/common';
import type { Logger } from '../ports.ts';

/** Nest's own lines in our log: what it says while starting is detail for developers. */
export class NestLog implements LoggerService {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  log(message: unknown, ...more: unknown[]): void {
    this.#logger.debug(fieldsOf(more), textOf(message));
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.#logger.debug(fieldsOf(more), textOf(message));
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.#logger.debug(fieldsOf(more), textOf(message));
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.#logger.warn(fieldsOf(more), textOf(message));
  }

  error(message: unknown, ...more: unknown[]): void {
    this.#logger.error(fieldsOf(more), textOf(message));
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.#logger.fatal(fieldsOf(more), textOf(message));
  }
}

/** Nest passes the name of the class that speaks last, and a stack before it. */
function fieldsOf(more: readonly unknown[]): object {
  const [component, stack] = more.toReversed();
  return { component, ...(stack === undefined ? {} : { stack }) };
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}
