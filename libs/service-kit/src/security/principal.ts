import { tenantId } from '#libs/kernel';
import type { TenantId } from '#libs/kernel';
import { TenantForbidden, TenantNotNamed } from './security.errors.ts';

/** What a key may do. `operator` may do all that `reader` may; the other roles imply nothing. */
export const ROLES = ['publisher', 'reader', 'operator', 'approver'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. `*` is every tenant. */
export type Principal = Readonly<{
  keyId: string;
  tenant: TenantId | '*';
  /** Meant by a principal of every tenant when a request names none. */
  defaultTenant?: TenantId;
  roles: readonly Role[];
}>;

/** Whether the principal has the role or one that implies it. */
export function hasRole(principal: Principal, role: Role): boolean {
  return principal.roles.includes(role) || (role === 'reader' && principal.roles.includes('operator'));
}

/** @throws TenantForbidden when the principal belongs to another tenant */
export function requireTenant(principal: Principal, tenant: string): void {
  if (principal.tenant !== '*' && principal.tenant !== tenant) throw new TenantForbidden(tenant);
}

/**
 * The tenant that a request is about: the named one if the principal may, else the principal's own or default one.
 * @throws TenantForbidden when it names another tenant
 * @throws TenantNotNamed when the principal has every tenant, no default, and the request names none
 * @throws MalformedId when the named tenant has the wrong form
 */
export function tenantOfRequest(principal: Principal, named: string | undefined): TenantId {
  if (named === undefined) {
    const own = principal.tenant === '*' ? principal.defaultTenant : principal.tenant;
    if (own === undefined) throw new TenantNotNamed();
    return own;
  }
  requireTenant(principal, named);
  return tenantId(named);
}
