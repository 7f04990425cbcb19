import { BUSINESS_CONTRACTS, SERVICE_CONTRACTS } from './event-contracts.ts';

/** Where messages go; `{name}` in the address stands for one token of the subject. */
export type Channel = Readonly<{
  address: string;
  description: string;
  parameters: Readonly<Record<string, Readonly<{ description: string }>>>;
  messages: Readonly<Record<string, Readonly<{ $ref: string }>>>;
}>;

/** What the service does with a channel. */
export type Operation = Readonly<{
  action: 'send' | 'receive';
  channel: Readonly<{ $ref: string }>;
  summary: string;
}>;

/** The message that is no event of a contract. */
export const HEARTBEAT_MESSAGE = 'heartbeat';
/** What a consumer gave up, as it came. */
export const DEAD_LETTER_MESSAGE = 'dead-letter';

const ALERT_EVENTS: readonly string[] = ['alert-raised', 'alert-acknowledged', 'alert-resolved'];

/** What stands for each token of a subject. */
const TOKENS: Readonly<Record<string, string>> = {
  tenant: 'Tenant id',
  type: 'Type of the event; its dots stay, so this is several tokens',
  slot: '0 to 63, by a hash of tenant and stream',
  category: 'Kind of stream, e.g. item',
  event: 'The <event> of the type steward.<area>.<event>.v<n>',
  streamId: 'Stream, percent-encoded where NATS has other meanings for a character',
  severity: 'critical, warning or info',
  name: 'Name of the alert',
  service: 'Name of the service',
  component: 'Agent id or name of the service',
  consumer: 'The durable consumer that gave up',
};

function channel(address: string, description: string, messages: readonly string[]): Channel {
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  return {
    address,
    description,
    parameters: Object.fromEntries(names.map((name) => [name, { description: TOKENS[name] ?? name }])),
    messages: Object.fromEntries(messages.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  };
}

function eventChannel(service: string): Channel {
  const types = SERVICE_CONTRACTS.filter(({ area }) => area === service).map(({ type }) => type);
  const address = `evt.${service}.{tenant}.{slot}.{category}.{event}.{streamId}`;
  return channel(address, `What ${service}-service says, in order for each stream.`, types);
}

/** The channels that concern a service which follows these logs. */
export function channelsOf(service: string, follows: readonly string[]): Readonly<Record<string, Channel>> {
  const logs = [...new Set([service, ...follows])];
  const alerts = SERVICE_CONTRACTS.filter(({ event }) => ALERT_EVENTS.includes(event)).map(({ type }) => type);
  const business = BUSINESS_CONTRACTS.map(({ type }) => type);
  return {
    ...Object.fromEntries(logs.map((log) => [`${log}Events`, eventChannel(log)])),
    ...(service === 'agent'
      ? { business: channel('business.{tenant}.{type}', 'What business systems publish.', business) }
      : {}),
    ...(service === 'health'
      ? { alerts: channel('alerts.{tenant}.{severity}.{name}', 'What somebody needs to know.', alerts) }
      : {}),
    heartbeats: channel('heartbeat.{service}.{component}', 'Signs of life; nobody keeps them.', [HEARTBEAT_MESSAGE]),
    deadLetters: channel('dead.{service}.{consumer}', 'Messages that a consumer gave up, with the reason.', [
      DEAD_LETTER_MESSAGE,
    ]),
  };
}

/** What the service does with each of its channels. */
export function operationsOf(
  service: string,
  channels: Readonly<Record<string, Channel>>,
): Readonly<Record<string, Operation>> {
  const operations = Object.entries(channels).flatMap(([name, { description }]) =>
    actionsOf(service, name).map((action): [string, Operation] => {
      const verb = action === 'send' ? 'send' : 'receive';
      const id = `${verb}${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return [id, { action, channel: { $ref: `#/channels/${name}` }, summary: description }];
    }),
  );
  return Object.fromEntries(operations);
}

function actionsOf(service: string, channelName: string): readonly Operation['action'][] {
  if (channelName === 'business') return ['receive'];
  if (channelName === 'heartbeats') return service === 'health' ? ['send', 'receive'] : ['send'];
  if (channelName.endsWith('Events') && channelName !== `${service}Events`) return ['receive'];
  return ['send'];
}
