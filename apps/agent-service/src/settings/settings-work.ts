import { Inject, Injectable } from '@nestjs/common';
import { RUNTIME, type BackgroundWork, type Runtime } from '#libs/service-kit';
import type { AgentConfiguration } from '../config.ts';
import { BusinessSettingsStore } from './business-settings-store.ts';

/** Takes the settings file over before the agents begin. */
@Injectable()
export class SettingsWork implements BackgroundWork {
  readonly name = 'settings';

  constructor(
    @Inject(BusinessSettingsStore) private readonly store: BusinessSettingsStore,
    @Inject(RUNTIME) private readonly runtime: Runtime<AgentConfiguration>,
  ) {}

  async start(): Promise<void> {
    const { BUSINESS_SETTINGS } = this.runtime.configuration;
    if (BUSINESS_SETTINGS !== undefined) await this.store.followFile(BUSINESS_SETTINGS);
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}
