import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiConsumes, ApiExtension, ApiOperation, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import type { ErrorKind } from '#libs/kernel';
import { Public, RequiresRole } from '../security/access.decorators.ts';
import type { Role } from '../security/principal.ts';

/** One answer that is no problem. */
export type OperationAnswer = Readonly<{ description: string; schema?: z.ZodType }>;

export type OperationNotes = Readonly<{
  /** One line, without a full stop. */
  summary: string;
  description?: string;
  /** Who may call it; the decorator enforces what it documents. */
  access: 'public' | readonly [Role, ...Role[]];
  /** Answers by status. */
  answers: Readonly<Record<number, OperationAnswer>>;
  /** Kinds of foreseen errors that this operation adds to those that the edge itself answers. */
  problems?: readonly ErrorKind[];
  /** Media types of the body; `application/json` by default. */
  consumes?: readonly string[];
  /** Media types of the answers; `application/json` by default. */
  produces?: readonly string[];
  /** Groups operations; by default the name of the controller. */
  tag?: string;
  /** False when it neither reads nor writes what is in the log, as health and documents. @default true */
  usesLog?: boolean;
}>;

/** Metadata key of operations that have no position in the log. */
export const OUTSIDE_THE_LOG = 'steward:outside-the-log';

/** Where the notes wait for the document builder; removed from the document. */
export const OPERATION_EXTENSION = 'x-steward-operation';

/**
 * Documents one operation and says who may call it: the one decorator a route needs besides `@Get` and its like.
 * Body, query and path parameters document themselves by their `{ schema }`.
 */
export function Operation(notes: OperationNotes): MethodDecorator {
  const { access, answers, consumes, produces, tag, summary, description, usesLog = true } = notes;
  const documented = Object.entries(answers).map(([status, answer]) =>
    ApiResponse({
      status: Number(status),
      description: answer.description,
      ...(answer.schema ? { standardSchema: answer.schema } : {}),
    }),
  );
  return applyDecorators(
    access === 'public' ? Public() : RequiresRole(...access),
    ApiOperation({ summary, ...(description ? { description } : {}), ...(tag ? { tags: [tag] } : {}) }),
    ApiExtension(OPERATION_EXTENSION, { access, problems: notes.problems ?? [], usesLog }),
    SetMetadata(OUTSIDE_THE_LOG, !usesLog),
    ...(consumes ? [ApiConsumes(...consumes)] : []),
    ...(produces ? [ApiProduces(...produces)] : []),
    ...documented,
  );
}
