import { Module } from '@nestjs/common';
import { LedgerController } from './read-models/ledger/ledger.controller.ts';
import { LedgerQueryService } from './read-models/ledger/ledger.query.ts';
import { ObligationsController } from './read-models/obligations/obligations.controller.ts';
import { ObligationsQuery } from './read-models/obligations/obligations.query.ts';

/** What is in the books, and what is owed either way, from accounting and sales events. */
@Module({
  controllers: [LedgerController, ObligationsController],
  providers: [LedgerQueryService, ObligationsQuery],
})
export class AccountingModule {}
