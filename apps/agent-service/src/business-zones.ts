import type { TenantId } from '#libs/kernel';

/** Where businesses live, for whoever must know it: `BusinessZones`. */
export const BUSINESS_ZONES = Symbol('business zones');

/** Port: the time zone of a business. */
export interface BusinessZones {
  /** IANA name; of the default tenant's settings when the tenant has none of its own. */
  zoneOf(tenant: TenantId): Promise<string>;
}
