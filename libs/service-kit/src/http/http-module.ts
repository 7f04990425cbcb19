import { Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { HealthController } from '../health/health.controller.ts';
import { HealthRegistry } from '../health/health-registry.ts';
import { DocumentsController } from '../openapi/documents.controller.ts';
import { SERVED_DOCUMENTS } from '../openapi/served-documents.ts';
import type { ServedDocuments } from '../openapi/served-documents.ts';

/** The service's own module with what every service has: health endpoints and documents. */
@Module({})
export class HttpModule {
  static around(
    service: Type | DynamicModule,
    { health, documents }: Readonly<{ health: HealthRegistry; documents: ServedDocuments }>,
  ): DynamicModule {
    return {
      module: HttpModule,
      imports: [service],
      controllers: [HealthController, DocumentsController],
      providers: [
        { provide: HealthRegistry, useValue: health },
        { provide: SERVED_DOCUMENTS, useValue: documents },
      ],
    };
  }
}
