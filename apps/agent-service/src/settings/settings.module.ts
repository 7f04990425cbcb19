import { Module } from '@nestjs/common';
import { SETTINGS_OF_BUSINESS } from '../business-now.ts';
import { BUSINESS_ZONES } from '../business-zones.ts';
import { BusinessSettingsStore } from './business-settings-store.ts';
import { SettingsController } from './commands/settings.controller.ts';
import { SettingsWork } from './settings-work.ts';

/** What the agents of each business go by, changed by events. */
@Module({
  controllers: [SettingsController],
  providers: [
    BusinessSettingsStore,
    SettingsWork,
    { provide: BUSINESS_ZONES, useExisting: BusinessSettingsStore },
    { provide: SETTINGS_OF_BUSINESS, useExisting: BusinessSettingsStore },
  ],
  exports: [BUSINESS_ZONES, SETTINGS_OF_BUSINESS],
})
export class SettingsModule {}
