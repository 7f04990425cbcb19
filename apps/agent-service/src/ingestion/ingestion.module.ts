import { Module } from '@nestjs/common';
import { IngestEventsController } from './commands/ingest-events.controller.ts';
import { SettingsModule } from '../settings/settings.module.ts';
import { Ingestion } from './ingestion.ts';
import { BusinessBusReaction } from './reactions/business-bus.reaction.ts';

/** Takes business events in, over HTTP and over the bus. */
@Module({
  imports: [SettingsModule],
  controllers: [IngestEventsController, BusinessBusReaction],
  providers: [Ingestion],
})
export class IngestionModule {}
