import type { LocalMoment, TenantId } from '#libs/kernel';
import type { BusinessSettings } from '#libs/business-settings';

/** What a business goes by, for whoever must know it: `SettingsOfBusiness`. */
export const SETTINGS_OF_BUSINESS = Symbol('settings of a business');

/** Port: the settings of a business. */
export interface SettingsOfBusiness {
  /** The default tenant's when the tenant has none of its own. */
  current(tenant: TenantId): Promise<Readonly<{ settings: BusinessSettings }>>;
}

/** What time it is for a business, for whoever must know it: `BusinessNow`. */
export const BUSINESS_NOW = Symbol('business now');

/** A business at this moment. */
export type BusinessMoment = Readonly<{
  settings: BusinessSettings;
  /** Milliseconds since 1970. */
  atMs: number;
  /** The same by calendar and clock of the business. */
  local: LocalMoment;
}>;

/** Port: what time it is for a business. */
export interface BusinessNow {
  /** As its facts tell it, as the agents have it: a simulated business lives ahead of the wall, a loaded history in its past. */
  of(tenant: TenantId): Promise<BusinessMoment>;
}
