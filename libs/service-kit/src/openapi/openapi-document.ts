import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject, StandardSchemaConversionResult } from '@nestjs/swagger';
import { z } from 'zod';
import { problemSchema } from '#libs/contracts';
import { completeOperations, problemResponses } from './complete-operations.ts';
import { POSITION_COMPONENTS } from './position-headers.ts';

export type ServiceDescription = Readonly<{
  title: string;
  /** Version of the API. */
  version: string;
  description: string;
  /** Whether operations read and write a log, whose positions then are in headers. */
  hasLog?: boolean;
}>;

/**
 * The OpenAPI 3.1 document of an initialised application. Schemas are JSON Schema 2020-12 from zod; a schema with
 * `.meta({ id })` becomes a shared component of that name. Problem answers and security come from `@Operation`.
 */
export function openApiDocument(application: INestApplication, description: ServiceDescription): OpenAPIObject {
  const { hasLog = false } = description;
  const base = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(description.title)
    .setVersion(description.version)
    .setDescription(description.description)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key.' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'header')
    .build();
  const document = SwaggerModule.createDocument(application, base, {
    standardSchemaConverter: jsonSchemaOf,
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return {
    ...document,
    paths: completeOperations(document.paths, { hasLog }),
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, ...PROBLEM_COMPONENT },
      responses: problemResponses(),
      ...(hasLog ? POSITION_COMPONENTS : {}),
    },
  };
}

const JSON_SCHEMA = { target: 'draft-2020-12', io: 'input', unrepresentable: 'any' } as const;
const PROBLEM_COMPONENT = { Problem: without(z.toJSONSchema(problemSchema, JSON_SCHEMA), ['$schema']) };

/**
 * Requests and answers share components, so both are described as what goes in: that also leaves room for the optional fields
 * that answers may gain.
 */
function jsonSchemaOf(schema: unknown): StandardSchemaConversionResult | undefined {
  if (!(schema instanceof z.ZodType)) return undefined;
  const whole = z.toJSONSchema(schema, JSON_SCHEMA);
  const own = without(whole, ['$schema', '$defs', 'id']);
  const shared: Record<string, object> = {};
  for (const [name, each] of Object.entries(whole.$defs ?? {})) shared[name] = without(each, ['id']);
  if (whole.id === undefined) return { schema: own, components: shared };
  return { schema: { $ref: `#/components/schemas/${whole.id}` }, components: { ...shared, [whole.id]: own } };
}

/** Names of components stand in the map of components: `id` is no keyword of theirs. */
function without(schema: object, keywords: readonly string[]): object {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}
