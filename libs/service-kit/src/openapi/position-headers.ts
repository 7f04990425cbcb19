import type { OpenAPIObject } from '@nestjs/swagger';
import { LOG_POSITION_HEADER, WAIT_FOR_POSITION_HEADER } from '#libs/contracts';
import type { ErrorKind } from '#libs/kernel';

type Components = NonNullable<OpenAPIObject['components']>;
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Responses = Operation['responses'];

/** What a read answers when it cannot wait for a position. */
export const POSITION_PROBLEMS: readonly ErrorKind[] = ['malformed', 'conflict', 'unavailable'];

/** The shared header and parameter that operations on a log refer to. */
export const POSITION_COMPONENTS: Pick<Components, 'headers' | 'parameters'> = {
  headers: {
    LogPosition: {
      description:
        'How far the log had come for this answer, `<epoch>:<position>`. A write: the event that it appended last. ' +
        'A read: it contains everything up to there, and maybe more.',
      schema: { type: 'string', pattern: String.raw`^\d+:\d+$`, example: '1:1742' },
    },
  },
  parameters: {
    WaitForPosition: {
      name: WAIT_FOR_POSITION_HEADER,
      in: 'header',
      required: false,
      description:
        `The ${LOG_POSITION_HEADER} of an earlier answer of this service: the answer is given once the read models ` +
        'contain everything up to there. `<epoch>:<position>`, or `<position>` of the current epoch. 503 with ' +
        'Retry-After when that takes too long (`read-model/behind`); 409 at once when the log has no such position ' +
        '(`read-model/unknown-position`) or was restored since (`read-model/other-epoch`).',
      schema: { type: 'string', pattern: String.raw`^(\d+:)?\d+$`, example: '1:1742' },
    },
  },
};

/** The operation with the position in its good answers and, for a read, the header to wait for one. */
export function withPositionHeaders(operation: Operation, isRead: boolean): Operation {
  const responses = Object.entries(operation.responses).map(
    ([status, answer]) => [status, withHeader(status, answer)] as const,
  );
  const wait = { $ref: '#/components/parameters/WaitForPosition' };
  return {
    ...operation,
    ...(isRead ? { parameters: [...(operation.parameters ?? []), wait] } : {}),
    responses: Object.fromEntries(responses),
  };
}

function withHeader(status: string, answer: Responses[string]): Responses[string] {
  if (!status.startsWith('2') || answer === undefined || '$ref' in answer) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, [LOG_POSITION_HEADER]: { $ref: '#/components/headers/LogPosition' } },
  };
}
