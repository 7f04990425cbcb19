import type { TenantId } from '#libs/kernel';
import { DEFAULT_BUSINESS_SETTINGS, type BusinessSettings } from '#libs/business-settings';
import type { EventStore, RecordedEvent } from '#libs/event-store';
import { SETTINGS_CHANGED, settingsChangedSchema, settingsStreamId } from '../settings-events.ts';

/** The settings of businesses at one place of the log, moved along it with its reader. */
export class SettingsHistory {
  private readonly store: EventStore;
  private readonly home: TenantId;
  private readonly own = new Map<TenantId, BusinessSettings>();

  /** @param home the tenant from whom others inherit */
  constructor(store: EventStore, home: TenantId) {
    this.store = store;
    this.home = home;
  }

  /** Makes a business's settings known as they were at a position. */
  async load(tenant: TenantId, upTo: number): Promise<void> {
    for (const one of new Set([this.home, tenant])) {
      const events = await this.store.readStream(one, settingsStreamId());
      const last = events.findLast(({ position }) => position <= upTo);
      if (last) this.own.set(one, settingsOf(last));
    }
  }

  of(tenant: TenantId): BusinessSettings {
    return this.own.get(tenant) ?? this.own.get(this.home) ?? DEFAULT_BUSINESS_SETTINGS;
  }

  /** Takes the next event of the log. @returns whether somebody goes by other settings from here on */
  hear(event: RecordedEvent): boolean {
    if (event.type !== SETTINGS_CHANGED) return false;
    this.own.set(event.tenant, settingsOf(event));
    return true;
  }
}

const settingsOf = ({ data }: RecordedEvent): BusinessSettings => settingsChangedSchema.parse(data).settings;
