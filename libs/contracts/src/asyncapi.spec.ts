import { describe, expect, it } from '@jest/globals';
import { Parser } from '@asyncapi/parser';
import { asyncApiDocument } from './asyncapi.ts';
import type { ServiceName } from './asyncapi.ts';

const SERVICES: readonly ServiceName[] = ['agent', 'health', 'maintenance', 'recovery'];
const servers = { local: { host: 'localhost:4222', protocol: 'nats' as const } };

describe('the AsyncAPI document', () => {
  it.each(SERVICES)('of %s-service is valid', async (service) => {
    const document = asyncApiDocument({ service, version: '0.1.0', servers });

    expect(await errorsIn(document)).toEqual([]);
  });

  it('is refused by the same check when a message is missing', async () => {
    const document = asyncApiDocument({ service: 'agent', version: '0.1.0' });
    const messages = Object.fromEntries(Object.entries(document.components.messages).slice(1));

    expect(await errorsIn({ ...document, components: { ...document.components, messages } })).not.toEqual([]);
  });

  it('says what a service sends and receives', () => {
    expect(operationsOf('agent')).toEqual([
      'send evt.agent.{tenant}.{slot}.{category}.{event}.{streamId}',
      'receive business.{tenant}.{type}',
      'send heartbeat.{service}.{component}',
      'send dead.{service}.{consumer}',
    ]);
    expect(operationsOf('health')).toContain('send alerts.{tenant}.{severity}.{name}');
    expect(operationsOf('health')).toContain('receive heartbeat.{service}.{component}');
    expect(operationsOf('recovery')).toContain('receive evt.maintenance.{tenant}.{slot}.{category}.{event}.{streamId}');
  });

  it('tells of the messages of its own channels only', () => {
    const { components } = asyncApiDocument({ service: 'recovery', version: '0.1.0', follows: [] });

    expect(Object.keys(components.messages).filter((name) => !name.startsWith('steward.recovery.'))).toEqual([
      'heartbeat',
      'dead-letter',
    ]);
  });
});

function operationsOf(service: ServiceName): string[] {
  const { channels, operations } = asyncApiDocument({ service, version: '0.1.0' });
  return Object.values(operations).map(({ action, channel }) => {
    const name = channel.$ref.replace('#/channels/', '');
    return `${action} ${channels[name]?.address ?? 'nowhere'}`;
  });
}

/** The parser gives a document exactly when it found no error; warnings and hints are none. */
async function errorsIn(document: object): Promise<string[]> {
  const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(document));
  return parsed === undefined ? diagnostics.map(({ message, path }) => `${path.join('/')}: ${message}`) : [];
}
