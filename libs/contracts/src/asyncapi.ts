import { CLOUD_EVENT_MEDIA_TYPE } from './api/ingest.ts';
import { channelsOf, operationsOf } from './asyncapi-channels.ts';
import type { Channel, Operation } from './asyncapi-channels.ts';
import { componentsOf } from './asyncapi-components.ts';
import type { Components } from './asyncapi-components.ts';

/** A service that owns a log. */
export type ServiceName = 'agent' | 'health' | 'maintenance' | 'recovery';

/** Where the NATS server of a document is. */
export type AsyncApiServer = Readonly<{
  /** `host:port`, without a protocol. */
  host: string;
  protocol: 'nats';
  description?: string;
}>;

/** What a document tells of. */
export type AsyncApiInput = Readonly<{
  service: ServiceName;
  /** Of the service, e.g. `0.1.0`. */
  version: string;
  /** None when absent: the addresses hold for any server. */
  servers?: Readonly<Record<string, AsyncApiServer>>;
  /** The logs that it follows. @default what the services of this release follow */
  follows?: readonly ServiceName[];
}>;

/** An AsyncAPI 3.0.0 document, ready for `JSON.stringify`. */
export type AsyncApiDocument = Readonly<{
  asyncapi: '3.0.0';
  info: Readonly<{ title: string; version: string; description: string }>;
  defaultContentType: string;
  servers?: Readonly<Record<string, AsyncApiServer>>;
  channels: Readonly<Record<string, Channel>>;
  operations: Readonly<Record<string, Operation>>;
  components: Components;
}>;

const FOLLOWS: Readonly<Record<ServiceName, readonly ServiceName[]>> = {
  agent: [],
  health: ['agent', 'maintenance', 'recovery'],
  maintenance: ['recovery'],
  recovery: ['maintenance'],
};

/** What a service sends and receives over NATS: the same input always gives the same document. */
export function asyncApiDocument(input: AsyncApiInput): AsyncApiDocument {
  const { service, version, servers, follows = FOLLOWS[service] } = input;
  const channels = channelsOf(service, follows);
  return {
    asyncapi: '3.0.0',
    info: {
      title: `Steward ${service}-service`,
      version,
      description: 'Events are CloudEvents 1.0 in structured mode. They may come twice; their (source, id) tells.',
    },
    defaultContentType: CLOUD_EVENT_MEDIA_TYPE,
    ...(servers === undefined ? {} : { servers }),
    channels,
    operations: operationsOf(service, channels),
    components: componentsOf(channels),
  };
}
