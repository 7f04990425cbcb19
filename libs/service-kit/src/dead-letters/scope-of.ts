import { tenantId } from '#libs/kernel';
import type { DeadLetterScope } from '#libs/messaging';
import { requireTenant, type Principal } from '../security/principal.ts';

/**
 * Whose dead letters a request is about. Other than elsewhere a key for every tenant that names none means all of them:
 * a message that could not be read may belong to nobody.
 * @throws TenantForbidden when it names another tenant
 */
export function scopeOf(principal: Principal, named: string | undefined): DeadLetterScope {
  if (named === undefined) return principal.tenant;
  requireTenant(principal, named);
  return tenantId(named);
}
