import { CLOUD_EVENT_MEDIA_TYPE } from './api/ingest.ts';
import { DEAD_LETTER_MESSAGE, HEARTBEAT_MESSAGE } from './asyncapi-channels.ts';
import type { Channel } from './asyncapi-channels.ts';
import { cloudEventSchema } from './cloud-event.ts';
import type { EventContract } from './event-contract.ts';
import { contractOf } from './event-contracts.ts';
import { heartbeatSchema } from './heartbeat.ts';
import { embeddedSchemaOf } from './json-schema.ts';
import type { JsonSchema } from './json-schema.ts';
import { sampleEventOf } from './sample-event.ts';

/** What the channels of a document refer to. */
export type Components = Readonly<{
  messages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  schemas: Readonly<Record<string, JsonSchema>>;
  correlationIds: Readonly<Record<string, Readonly<{ description: string; location: string }>>>;
}>;

const ENVELOPE = 'cloud-event';

/** The messages and schemas of exactly these channels. */
export function componentsOf(channels: Readonly<Record<string, Channel>>): Components {
  const names = [...new Set(Object.values(channels).flatMap(({ messages }) => Object.keys(messages)))];
  const contracts = names.map(contractOf).filter((contract) => contract !== undefined);
  return {
    messages: {
      ...Object.fromEntries(contracts.map((contract) => [contract.type, eventMessage(contract)])),
      [HEARTBEAT_MESSAGE]: {
        name: HEARTBEAT_MESSAGE,
        title: 'Heartbeat',
        contentType: 'application/json',
        payload: { $ref: `#/components/schemas/${HEARTBEAT_MESSAGE}` },
      },
      [DEAD_LETTER_MESSAGE]: {
        name: DEAD_LETTER_MESSAGE,
        title: 'Dead letter',
        summary: 'The message as it came; its headers say why it was given up.',
        payload: { $ref: `#/components/schemas/${ENVELOPE}` },
      },
    },
    schemas: {
      [ENVELOPE]: embeddedSchemaOf(cloudEventSchema),
      [HEARTBEAT_MESSAGE]: embeddedSchemaOf(heartbeatSchema),
      ...Object.fromEntries(contracts.flatMap(eventSchemas)),
    },
    correlationIds: {
      correlation: {
        description: 'The same for all that one business event, command or schedule set in motion',
        location: '$message.payload#/correlationid',
      },
    },
  };
}

function eventMessage(contract: EventContract): Readonly<Record<string, unknown>> {
  return {
    name: contract.type,
    title: contract.event,
    summary: contract.summary,
    contentType: CLOUD_EVENT_MEDIA_TYPE,
    correlationId: { $ref: '#/components/correlationIds/correlation' },
    payload: { $ref: `#/components/schemas/${contract.type}` },
    examples: [{ name: 'sample', payload: sampleEventOf(contract) }],
  };
}

/** The event as a whole, and its data. */
function eventSchemas(contract: EventContract): [string, JsonSchema][] {
  const data = `${contract.type}.data`;
  const whole: JsonSchema = {
    allOf: [
      { $ref: `#/components/schemas/${ENVELOPE}` },
      {
        type: 'object',
        required: ['type', 'data'],
        properties: { type: { const: contract.type }, data: { $ref: `#/components/schemas/${data}` } },
      },
    ],
  };
  return [
    [contract.type, whole],
    [data, { description: contract.summary, ...embeddedSchemaOf(contract.data) }],
  ];
}
