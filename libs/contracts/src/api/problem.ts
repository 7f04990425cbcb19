import { z } from 'zod';
import { countSchema } from '../values.ts';

/** Media type of every answer that is an error. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** RFC 9457, with the house's members. */
export const problemSchema = z.object({
  type: z.string().describe('URI reference that names the kind of problem'),
  title: z.string(),
  status: z.int().min(400).max(599),
  detail: z.string(),
  instance: z.string().optional(),
  code: z.string().describe('Stable slug, e.g. event/data-invalid'),
  errors: z
    .array(z.object({ pointer: z.string().describe('RFC 6901, e.g. #/data/quantity'), detail: z.string() }))
    .optional(),
  traceId: z.string().optional(),
  correlationId: z.string().optional(),
  retryAfterSeconds: countSchema.optional(),
});
/** An error as clients see it. */
export type Problem = Readonly<z.output<typeof problemSchema>>;
