import { Module } from '@nestjs/common';
import { OutcomeController } from './commands/outcome.controller.ts';
import { OutcomeRecording } from './commands/outcome-recording.ts';
import { DecisionsController } from './read-models/decisions/decisions.controller.ts';
import { DecisionsQuery } from './read-models/decisions/decisions.query.ts';

/** What was decided in the owner's name, and why. */
@Module({ controllers: [DecisionsController, OutcomeController], providers: [DecisionsQuery, OutcomeRecording] })
export class DecisionsModule {}
