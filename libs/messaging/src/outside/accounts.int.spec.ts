import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { connectBus, type Bus } from '../bus.ts';
import { provisionStreams } from '../provisioning/streams.ts';
import { documented, Subscriber } from './subscribing.contract.ts';

const [SERVICES_PASSWORD, PARTNER_PASSWORD] = ['s3rvices', 'p4rtner'];
const OURS = 'evt.agent.demo.5.item.stock-moved.item-1';
const OTHERS = 'evt.agent.other.5.item.stock-moved.item-1';
const event = (id: string) =>
  JSON.stringify({ id, type: 'steward.agent.stock-moved.v1', time: '2026-11-22T12:00:00Z' });

let nats: ThrowAway<EmbeddedNats>;
let services: Bus;
let partner: NatsConnection;
let complaints: string[];

beforeAll(async () => {
  Object.assign(process.env, { SERVICES_PASSWORD, PARTNER_PASSWORD });
  nats = await startThrowAwayNats({ extraConfig: documented('conf') });
  services = await connectBus({
    url: nats.server.url,
    name: 'services',
    user: 'services',
    password: SERVICES_PASSWORD,
  });
  await provisionStreams(services);
  for (const subject of [OURS, OTHERS]) await services.jetstream.publish(subject, event(subject));
  await services.manager.consumers.add('EVT_AGENT', {
    durable_name: 'partner',
    filter_subject: 'evt.agent.demo.>',
    ack_policy: AckPolicy.Explicit,
  });
  partner = await connect({ servers: nats.server.url, user: 'partner', pass: PARTNER_PASSWORD });
  complaints = [];
  void (async () => {
    for await (const status of partner.status()) if (status.type === 'error') complaints.push(status.error.message);
  })();
}, 60_000);

afterAll(async () => {
  await partner.close();
  await services.close();
  await nats.remove();
});

async function stored(stream: 'EVT_AGENT' | 'ALERTS'): Promise<number> {
  return (await services.manager.streams.info(stream)).state.messages;
}

async function managing(): Promise<JetStreamManager> {
  return jetstreamManager(partner, { apiPrefix: 'JS.STEWARD', checkAPI: false, timeout: 500 });
}

describe('a partner with an account of its own', () => {
  it('reads its durable with the documented program, and the server knows how far', async () => {
    const settings = {
      NATS_USER: 'partner',
      NATS_PASSWORD: PARTNER_PASSWORD,
      STREAM: 'EVT_AGENT',
      DURABLE: 'partner',
      JS_API: 'JS.STEWARD',
    };
    const subscriber = await Subscriber.start({ NATS_URL: nats.server.url, ...settings });
    await eventually(() => {
      expect(subscriber.ids).toEqual([OURS]);
    });

    await services.jetstream.publish(OTHERS, event('not for them'));
    await services.jetstream.publish(OURS, event('live'));

    await eventually(() => {
      expect(subscriber.ids).toEqual([OURS, 'live']);
    });
    await eventually(async () => {
      const { num_ack_pending, num_pending } = await services.manager.consumers.info('EVT_AGENT', 'partner');
      expect({ num_ack_pending, num_pending }).toEqual({ num_ack_pending: 0, num_pending: 0 });
    });
    expect(await subscriber.stop()).toBe(0);
  }, 30_000);

  it('hears events and alerts of its tenant live, and of no other, and no talk of the services', async () => {
    const heard: string[] = [];
    partner.subscribe('>', { callback: (_, { subject }) => void heard.push(subject) });
    await partner.flush();

    for (const subject of [
      OTHERS,
      OURS,
      'alerts.other.critical.x',
      'alerts.demo.critical.x',
      'heartbeat.agent.x',
      'wake.agent',
    ])
      services.publish(subject, event('live'));
    services.publish('alerts.demo.critical.last', event('live'));

    await eventually(() => heard.includes('alerts.demo.critical.last'));
    expect(heard).toEqual([OURS, 'alerts.demo.critical.x', 'alerts.demo.critical.last']);
  });

  it.each([
    OURS,
    'alerts.demo.critical.x',
    'business.demo.steward.sales.order-completed.v1',
    'wake.agent',
    'query.agent.list-stock',
  ])('cannot publish to %s', async (subject) => {
    const before = [await stored('EVT_AGENT'), await stored('ALERTS')];

    partner.publish(subject, event('fake'));
    await partner.flush();

    await eventually(() => {
      expect(complaints).toContain(`Permissions Violation for Publish to "${subject}"`);
    });
    expect([await stored('EVT_AGENT'), await stored('ALERTS')]).toEqual(before);
  });

  it('cannot make, change or delete consumers, nor empty, change or delete streams', async () => {
    const manager = await managing();
    const durable = { durable_name: 'partner', ack_policy: AckPolicy.Explicit, filter_subject: 'evt.agent.other.>' };

    await expect(manager.consumers.add('EVT_AGENT', durable)).rejects.toThrow();
    await expect(manager.consumers.delete('EVT_AGENT', 'partner')).rejects.toThrow();
    await expect(manager.streams.purge('EVT_AGENT')).rejects.toThrow();
    await expect(manager.streams.delete('EVT_AGENT')).rejects.toThrow();

    const { config } = await services.manager.consumers.info('EVT_AGENT', 'partner');
    expect(config.filter_subject).toBe('evt.agent.demo.>');
  }, 20_000);

  it('cannot read through the consumer of a service', async () => {
    await services.manager.consumers.add('EVT_AGENT', {
      durable_name: 'health_evt_agent',
      ack_policy: AckPolicy.Explicit,
    });

    await expect(
      jetstream(partner, { apiPrefix: 'JS.STEWARD', timeout: 500 }).consumers.get('EVT_AGENT', 'health_evt_agent'),
    ).rejects.toThrow();
  });

  it('cannot have messages sent to a subject of the services', async () => {
    const before = await stored('ALERTS');
    const heard: string[] = [];
    services.subscribe('alerts.>', ({ text }) => heard.push(text));
    await services.ping();
    const own: string[] = [];
    partner.subscribe('alerts.demo.critical.fake', { callback: (_, message) => void own.push(message.string()) });

    partner.publish('JS.STEWARD.CONSUMER.MSG.NEXT.EVT_AGENT.partner', '1', { reply: 'alerts.demo.critical.fake' });
    await partner.flush();

    await eventually(async () => {
      await services.jetstream.publish(OURS, event('bait'));
      return own.length > 0;
    });
    expect(await stored('ALERTS')).toBe(before);
    expect(heard).toEqual([]);
  });
});

describe('permissions within the account of the services', () => {
  it('would not keep a subscriber from having an event stored as an alert', async () => {
    const publish = '"$JS.API.CONSUMER.MSG.NEXT.EVT_AGENT.partner"';
    const user = `{ user: partner, password: p, permissions: { publish: [${publish}], subscribe: ["_INBOX_partner.>"] } }`;
    const one = await startThrowAwayNats({
      extraConfig: `authorization { users: [{ user: services, password: s }, ${user}] }`,
    });
    const owner = await connectBus({ url: one.server.url, name: 'services', user: 'services', password: 's' });
    const confined = await connect({
      servers: one.server.url,
      user: 'partner',
      pass: 'p',
      inboxPrefix: '_INBOX_partner',
    });
    try {
      await provisionStreams(owner);
      await owner.jetstream.publish(OURS, event('bait'));
      await owner.manager.consumers.add('EVT_AGENT', { durable_name: 'partner', ack_policy: AckPolicy.Explicit });
      owner.subscribe('alerts.>', () => undefined);
      await owner.ping();

      confined.publish('$JS.API.CONSUMER.MSG.NEXT.EVT_AGENT.partner', '1', { reply: 'alerts.demo.critical.fake' });

      await eventually(async () => {
        expect((await owner.manager.streams.info('ALERTS')).state.messages).toBe(1);
      });
    } finally {
      await confined.close();
      await owner.close();
      await one.remove();
    }
  }, 30_000);
});
