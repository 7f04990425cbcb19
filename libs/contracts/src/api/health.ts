import { z } from 'zod';
import { instantSchema, nameSchema } from '../values.ts';
import { pageOf } from './page.ts';

/** What the health service knows of one component or agent. */
export const componentHealthSchema = z.object({
  component: nameSchema,
  kind: nameSchema.describe('agent, service, database ...'),
  status: z.enum(['healthy', 'unhealthy', 'unknown']),
  cause: z.string().nullable(),
  detail: z.string().nullable(),
  since: instantSchema.describe('Of the status'),
  lastHeartbeatAt: instantSchema.nullable(),
  lastAssessmentAt: instantSchema.nullable(),
});
/** What the health service knows of one component or agent. */
export type ComponentHealth = Readonly<z.output<typeof componentHealthSchema>>;

/** One page of components and agents, by name. */
export const componentHealthPageSchema = pageOf(componentHealthSchema);

/** The guide's `GET /health`: `unhealthy` answers 503; `degraded` answers 200, the service still works. */
export const healthAnswerSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  timestamp: instantSchema,
  components: z.record(
    z.string(),
    z.looseObject({ status: z.enum(['healthy', 'degraded', 'unhealthy']) }).describe('With whatever explains it'),
  ),
});
/** The guide's `GET /health`. */
export type HealthAnswer = Readonly<z.output<typeof healthAnswerSchema>>;
