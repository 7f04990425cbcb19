import { Module } from '@nestjs/common';
import { DecisionsController } from './read-models/decisions/decisions.controller.ts';
import { DecisionsQuery } from './read-models/decisions/decisions.query.ts';

/** What was decided in the owner's name, and why. */
@Module({ controllers: [DecisionsController], providers: [DecisionsQuery] })
export class DecisionsModule {}
