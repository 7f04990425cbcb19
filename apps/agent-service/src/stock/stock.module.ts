import { Module } from '@nestjs/common';
import { StockLevelsController } from './read-models/stock-levels/stock-levels.controller.ts';
import { StockLevelsQuery } from './read-models/stock-levels/stock-levels.query.ts';

/** What is in stock and how fast it is used, from inventory and sales events. */
@Module({ controllers: [StockLevelsController], providers: [StockLevelsQuery] })
export class StockModule {}
