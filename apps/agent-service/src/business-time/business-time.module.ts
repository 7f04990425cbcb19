import { Global, Module } from '@nestjs/common';
import { BUSINESS_NOW } from '../business-now.ts';
import { SettingsModule } from '../settings/settings.module.ts';
import { BusinessNowQuery } from './read-models/business-times/business-now.query.ts';

/** What time it is for each business; whoever reads days of a business asks it for today. */
@Global()
@Module({
  imports: [SettingsModule],
  providers: [{ provide: BUSINESS_NOW, useClass: BusinessNowQuery }],
  exports: [BUSINESS_NOW],
})
export class BusinessTimeModule {}
