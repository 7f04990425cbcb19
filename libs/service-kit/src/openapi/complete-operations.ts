import type { OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { PROBLEM_MEDIA_TYPE } from '#libs/contracts';
import type { ErrorKind } from '#libs/kernel';
import { ERROR_POLICY } from '../problems/error-policy.ts';
import type { FailureKind } from '../problems/error-policy.ts';
import { ROLES } from '../security/principal.ts';
import { OPERATION_EXTENSION } from './operation.decorator.ts';
import { POSITION_PROBLEMS, withPositionHeaders } from './position-headers.ts';

type Paths = OpenAPIObject['paths'];
type PathItem = Paths[string];
type Operation = NonNullable<PathItem['get']>;
type Responses = NonNullable<NonNullable<OpenAPIObject['components']>['responses']>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;

const KINDS = [
  'malformed',
  'invalid',
  'unauthenticated',
  'forbidden',
  'not-found',
  'conflict',
  'refused',
  'too-large',
  'unsupported-format',
  'rate-limited',
  'unavailable',
] as const satisfies readonly ErrorKind[];

const extension = z.object({
  access: z.union([z.literal('public'), z.array(z.enum(ROLES))]),
  problems: z.array(z.enum(KINDS)),
  usesLog: z.boolean(),
});

type LogNotes = Readonly<{ hasLog: boolean }>;

/** One shared response for each status of the error policy, named `Problem<status>`. */
export function problemResponses(): Responses {
  const titles = new Map<number, string[]>();
  for (const { status, title } of Object.values(ERROR_POLICY))
    titles.set(status, [...(titles.get(status) ?? []), title]);
  return Object.fromEntries(
    [...titles].map(([status, all]) => [
      `Problem${status}`,
      {
        description: `${all.join('; or: ')}.`,
        content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
}

/** Adds to each operation its problem answers, its position headers and its security, from the notes that `@Operation` left. */
export function completeOperations(paths: Paths, log: LogNotes): Paths {
  return Object.fromEntries(Object.entries(paths).map(([path, item]) => [path, completeItem(item, log)]));
}

function completeItem(item: PathItem, { hasLog }: LogNotes): PathItem {
  const completed: PathItem = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (operation) completed[method] = complete(operation, { hasLog, isRead: method === 'get' });
  }
  return completed;
}

function complete(operation: Operation, { hasLog, isRead }: LogNotes & Readonly<{ isRead: boolean }>): Operation {
  const { notes, rest: plain } = takeNotes(operation);
  const usesLog = hasLog && notes.usesLog;
  const rest = usesLog ? withPositionHeaders(plain, isRead) : plain;
  const waiting = usesLog && isRead ? POSITION_PROBLEMS : [];
  const kinds = [...edgeProblems(plain, notes.access !== 'public'), ...waiting, ...notes.problems];
  const statuses = [...new Set(kinds.map((kind) => ERROR_POLICY[kind].status))].sort((left, right) => left - right);
  const problems = Object.fromEntries(
    statuses.map((status) => [String(status), { $ref: `#/components/responses/Problem${status}` }]),
  );
  return {
    ...rest,
    responses: { ...problems, ...rest.responses },
    security: notes.access === 'public' ? [] : [{ bearer: [] }, { header: [] }],
    ...(notes.access === 'public' ? {} : { description: withRoles(rest.description, notes.access) }),
  };
}

function takeNotes(operation: Operation): { notes: z.infer<typeof extension>; rest: Operation } {
  const rest = { ...operation };
  const found: unknown = Reflect.get(rest, OPERATION_EXTENSION);
  Reflect.deleteProperty(rest, OPERATION_EXTENSION);
  const parsed = extension.safeParse(found);
  return { notes: parsed.success ? parsed.data : { access: [], problems: [], usesLog: false }, rest };
}

/** What the edge answers by itself, judging by what the operation takes. */
function edgeProblems(operation: Operation, needsKey: boolean): FailureKind[] {
  const hasBody = operation.requestBody !== undefined;
  const hasInput = hasBody || (operation.parameters?.length ?? 0) > 0;
  const body: FailureKind[] = hasBody ? ['malformed', 'too-large', 'unsupported-format'] : [];
  const input: FailureKind[] = hasInput ? ['invalid'] : [];
  const key: FailureKind[] = needsKey ? ['unauthenticated', 'forbidden'] : [];
  return [...body, ...input, ...key, 'rate-limited', 'defect'];
}

function withRoles(description: string | undefined, roles: readonly string[]): string {
  const needs = roles.length === 0 ? 'Needs a key.' : `Needs the role ${roles.join(' or ')}.`;
  return description ? `${description}\n\n${needs}` : needs;
}
