import { z } from 'zod';
import { alertSeveritySchema, nameSchema } from '#libs/contracts';

/** What every event of an alert says in the log: the parts of the subject that its subscribers choose. */
export const alertLabels = z.object({ name: nameSchema, severity: alertSeveritySchema });
