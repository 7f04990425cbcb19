import { z } from 'zod';

/** Media type of every error answer (RFC 9457). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** RFC 9457 problem details, with the members every answer of ours has. */
export const problemSchema = z
  .object({
    type: z.string().describe('URI of the kind of problem; stable.'),
    title: z.string().describe('The kind of problem in words; the same for every occurrence.'),
    status: z.int().min(400).max(599).describe('HTTP status of the answer.'),
    detail: z.string().describe('What happened this time, and what to do.'),
    instance: z.string().describe('URI of this occurrence; the request id.'),
    code: z.string().describe('Stable slug for programs, such as backup/already-running.'),
    traceId: z.string().describe('Trace in which it happened.'),
    correlationId: z.string().describe('Correlation id of the request.'),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('What is wrong with the request, by JSON pointer.'),
    retryAfter: z.int().min(0).optional().describe('Seconds after which the same request may succeed.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });

export type Problem = Readonly<z.infer<typeof problemSchema>>;
