import { Module, type DynamicModule } from '@nestjs/common';
import type { Database } from '#libs/event-store';
import { DeadLetterDesk, type Bus } from '#libs/messaging';
import { BUS, DATABASE } from '../runtime/tokens.ts';
import { DeadLetterDecisionsController } from './dead-letter-decisions.controller.ts';
import { DeadLettersController } from './dead-letters.controller.ts';
import { deadLettersQueryController } from './dead-letters-query.controller.ts';

/** What every service has for the messages that its consumers put aside: a list, and decisions on them. */
@Module({})
export class DeadLettersModule {
  /** @param service its consumers' group; needs the runtime's tokens */
  static of(service: string): DynamicModule {
    return {
      module: DeadLettersModule,
      controllers: [DeadLettersController, DeadLetterDecisionsController, deadLettersQueryController(service)],
      providers: [
        {
          provide: DeadLetterDesk,
          useFactory: (database: Database, bus: Bus): DeadLetterDesk =>
            new DeadLetterDesk({ database, bus, group: service }),
          inject: [DATABASE, BUS],
        },
      ],
    };
  }
}
