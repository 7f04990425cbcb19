import { z } from 'zod';
import { decisionListQuerySchema, idSchema, tenantIdSchema } from '#libs/contracts';

/** Over HTTP the key's own tenant is meant unless another one is named. */
export const decisionListHttpQuery = decisionListQuerySchema.extend({ tenant: tenantIdSchema.optional() });
export const tenantHttpQuery = z.object({ tenant: tenantIdSchema.optional() });
/** On the bus the tenant is always named. */
export const decisionListBusQuery = decisionListQuerySchema.extend({ tenant: tenantIdSchema });
export const decisionBusQuery = z.object({ tenant: tenantIdSchema, decisionId: idSchema });
