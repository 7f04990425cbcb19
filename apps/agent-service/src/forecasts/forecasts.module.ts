import { Module } from '@nestjs/common';
import { ForecastsController } from './read-models/forecasts/forecasts.controller.ts';
import { ForecastsQuery } from './read-models/forecasts/forecasts.query.ts';

/** What is to be expected, from what the other read models know of the days before. */
@Module({ controllers: [ForecastsController], providers: [ForecastsQuery] })
export class ForecastsModule {}
