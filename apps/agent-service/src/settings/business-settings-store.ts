import { Inject, Injectable } from '@nestjs/common';
import { SECOND_MS, tenantId, type TenantId } from '#libs/kernel';
import { DEFAULT_BUSINESS_SETTINGS, readSettingsFile, type BusinessSettings } from '#libs/business-settings';
import { canonicalJson, fingerprintOf, type Append } from '#libs/event-store';
import { eventMetadata, RUNTIME, type Runtime } from '#libs/service-kit';
import type { BusinessZones } from '../business-zones.ts';
import type { AgentConfiguration } from '../config.ts';
import { SETTINGS_CHANGED, settingsChangedSchema, settingsStreamId } from '../settings-events.ts';

/** Settings of a business, and where they come from. */
export type CurrentSettings = Readonly<{
  settings: BusinessSettings;
  /** `default`: nobody has set any; `inherited`: those of the default tenant. */
  origin: 'file' | 'api' | 'inherited' | 'default';
  /** Version of the stream; 0 when the tenant has none of its own. */
  version: number;
}>;

type Change = Readonly<{ tenant: TenantId; settings: BusinessSettings; origin: 'file' | 'api'; by: string }>;
type OwnSettings = CurrentSettings & Readonly<{ origin: 'file' | 'api'; contentHash: string }>;

const hashOf = (settings: BusinessSettings): string => fingerprintOf(canonicalJson(settings));

/** A zone that changes is stamped on events at most this much later. */
const REMEMBERED_MS = 2 * SECOND_MS;

/** Reads and changes the settings of businesses; each change is an event that agents follow from its place in the log on. */
@Injectable()
export class BusinessSettingsStore implements BusinessZones {
  private readonly zones = new Map<TenantId, Readonly<{ zone: Promise<string>; untilMs: number }>>();

  constructor(@Inject(RUNTIME) private readonly runtime: Runtime<AgentConfiguration>) {}

  async current(tenant: TenantId): Promise<CurrentSettings> {
    const own = await this.last(tenant);
    if (own) return own;
    const home = this.home;
    const inherited = tenant === home ? undefined : await this.last(home);
    if (inherited) return { settings: inherited.settings, origin: 'inherited', version: 0 };
    return { settings: DEFAULT_BUSINESS_SETTINGS, origin: 'default', version: 0 };
  }

  /**
   * @returns whether anything changed; the same settings again are no change
   * @throws WrongExpectedVersion when somebody else changed them at the same time
   */
  async change({ tenant, settings, origin, by }: Change): Promise<boolean> {
    const { store, clock, ids } = this.runtime;
    const contentHash = hashOf(settings);
    const own = await this.last(tenant);
    if (own?.contentHash === contentHash) return false;
    await store.append({
      tenant,
      streamId: settingsStreamId(),
      ...written(own, origin, contentHash),
      events: [{ type: SETTINGS_CHANGED, typeVersion: 1, data: { settings, origin, contentHash } }],
      metadata: eventMetadata({ clock, ids, actor: by }),
    });
    this.zones.delete(tenant);
    return true;
  }

  /**
   * Takes the file over when it says something else than it did when it was last taken: what was changed by the API since then
   * stays until the file changes.
   * @throws SettingsInvalid
   */
  async followFile(file: string): Promise<void> {
    const { settings } = readSettingsFile(file);
    const { store, logger, configuration } = this.runtime;
    const events = await store.readStream(this.home, settingsStreamId());
    const fromFile = events
      .map(({ data }) => settingsChangedSchema.parse(data))
      .findLast(({ origin }) => origin === 'file');
    if (fromFile?.contentHash === hashOf(settings)) return;
    const by = `service:agent/${configuration.INSTANCE_ID}`;
    const isChanged = await this.change({ tenant: this.home, settings, origin: 'file', by });
    if (isChanged) logger.info({ file, business: settings.business.name }, 'settings are taken from the file');
  }

  zoneOf(tenant: TenantId): Promise<string> {
    const nowMs = performance.now();
    const known = this.zones.get(tenant);
    if (known && known.untilMs > nowMs) return known.zone;
    const zone = this.current(tenant).then(({ settings }) => settings.business.timeZone);
    this.zones.set(tenant, { zone, untilMs: nowMs + REMEMBERED_MS });
    zone.catch(() => this.zones.delete(tenant));
    return zone;
  }

  private get home(): TenantId {
    return tenantId(this.runtime.configuration.DEFAULT_TENANT);
  }

  private async last(tenant: TenantId): Promise<OwnSettings | undefined> {
    const newest = (await this.runtime.store.readStream(tenant, settingsStreamId())).at(-1);
    if (!newest) return undefined;
    return { ...settingsChangedSchema.parse(newest.data), version: newest.streamVersion };
  }
}

/** Instances that start together read the same file: what one of them has written is no conflict for the others. */
function written(
  own: OwnSettings | undefined,
  origin: 'file' | 'api',
  contentHash: string,
): Pick<Append, 'expected' | 'idempotencyKey'> {
  const version = own?.version ?? 0;
  if (origin === 'file') return { expected: 'any', idempotencyKey: `settings:${version}:${contentHash}` };
  return { expected: version === 0 ? 'no-stream' : version };
}
