import { Inject, Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { timeZone, type Clock, type TenantId } from '#libs/kernel';
import { BusinessClock, type ClockState } from '#libs/agent-kit';
import type { BusinessSettings } from '#libs/business-settings';
import { CLOCK, DATA_SOURCE } from '#libs/service-kit';
import {
  SETTINGS_OF_BUSINESS,
  type BusinessMoment,
  type BusinessNow,
  type SettingsOfBusiness,
} from '../../../business-now.ts';

type TimesRow = { occurred: number; counted: number; lag: number; recorded: number };

const TIMES = `
select occurred_ms::float8 as occurred, counted_ms::float8 as counted, least_lag_ms::float8 as lag,
       recorded_ms::float8 as recorded
from business_times where tenant = $1`;

/** What time it is for a business, by the rule that its agents go by. */
@Injectable()
export class BusinessNowQuery implements BusinessNow {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(SETTINGS_OF_BUSINESS) private readonly settingsOf: SettingsOfBusiness,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async of(tenant: TenantId): Promise<BusinessMoment> {
    const { settings } = await this.settingsOf.current(tenant);
    const [times] = await this.dataSource.query<TimesRow[]>(TIMES, [tenant]);
    const nowMs = this.clock.now().getTime();
    const atMs = times ? timeOf(times, settings, nowMs) : nowMs;
    return { settings, atMs, local: timeZone(settings.business.timeZone).at(atMs) };
  }
}

function timeOf({ occurred, counted, lag, recorded }: TimesRow, settings: BusinessSettings, nowMs: number): number {
  const isSimulated = settings.business.clock === 'simulated';
  const told: ClockState = {
    toldMs: isSimulated ? occurred : counted,
    leastLagMs: isSimulated ? lag : Math.max(0, lag),
  };
  return new BusinessClock(told).whenIdle(nowMs, nowMs - recorded, settings) ?? nowMs;
}
