import { Module } from '@nestjs/common';
import { PurchasingController } from './read-models/purchasing/purchasing.controller.ts';
import { PurchasingQuery } from './read-models/purchasing/purchasing.query.ts';
import { StockLevelsController } from './read-models/stock-levels/stock-levels.controller.ts';
import { StockLevelsQuery } from './read-models/stock-levels/stock-levels.query.ts';

/** What is in stock, how fast it is used and what is on its way, from inventory and sales events. */
@Module({
  controllers: [StockLevelsController, PurchasingController],
  providers: [StockLevelsQuery, PurchasingQuery],
})
export class InventoryModule {}
