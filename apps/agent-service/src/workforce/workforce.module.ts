import { Module } from '@nestjs/common';
import { WorkforceController } from './read-models/workforce/workforce.controller.ts';
import { WorkforceQueryService } from './read-models/workforce/workforce.query.ts';

/** Who works for the business, what was worked and what is planned, from workforce events. */
@Module({ controllers: [WorkforceController], providers: [WorkforceQueryService] })
export class WorkforceModule {}
