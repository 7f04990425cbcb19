import { Controller, Get, Header, Inject, Param } from '@nestjs/common';
import { z } from 'zod';
import { Operation } from './operation.decorator.ts';
import { DocumentNotFound, eventTypeSchema, schemaFileSchema, SERVED_DOCUMENTS } from './served-documents.ts';
import type { ServedDocuments } from './served-documents.ts';

const documentSchema = z.looseObject({});

/** The service's own description, for people and generators. */
@Controller()
export class DocumentsController {
  constructor(@Inject(SERVED_DOCUMENTS) private readonly documents: ServedDocuments) {}

  @Get('openapi.json')
  @Operation({
    summary: 'This document',
    access: 'public',
    tag: 'documents',
    usesLog: false,
    answers: { 200: { description: 'OpenAPI 3.1.', schema: documentSchema } },
  })
  openapi(): object {
    return this.documents.openapi();
  }

  @Get('asyncapi.json')
  @Operation({
    summary: 'What the service says and hears on the bus',
    access: 'public',
    tag: 'documents',
    usesLog: false,
    answers: { 200: { description: 'AsyncAPI 3.', schema: documentSchema } },
    problems: ['not-found'],
  })
  asyncapi(): object {
    const document = this.documents.asyncapi();
    if (!document) throw new DocumentNotFound('AsyncAPI document');
    return document;
  }

  @Get('schemas/:type/:file')
  @Header('content-type', 'application/schema+json')
  @Operation({
    summary: 'JSON Schema of an event type, at /schemas/<type>/<version>.json',
    access: 'public',
    tag: 'documents',
    usesLog: false,
    produces: ['application/schema+json'],
    answers: { 200: { description: 'JSON Schema 2020-12.', schema: documentSchema } },
    problems: ['not-found'],
  })
  schema(
    @Param('type', { schema: eventTypeSchema }) type: string,
    @Param('file', { schema: schemaFileSchema }) file: string,
  ): object {
    const version = file.slice(0, -'.json'.length);
    const document = this.documents.schema(type, version);
    if (!document) throw new DocumentNotFound(`schema ${type} version ${version}`);
    return document;
  }
}
