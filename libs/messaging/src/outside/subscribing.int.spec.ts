import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { alertSubject, eventSubject } from '#libs/contracts';
import { START } from '#libs/event-store';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { eventually } from '#libs/testing';
import { BusFixture, numberOf, STREAM } from '../bus-fixture.contract.ts';
import { documented, documentedFilters, Subscriber } from './subscribing.contract.ts';

const FILTER = 'evt.agent.demo.>';
const PATIENCE = { withinMs: 15_000 };

let nats: ThrowAway<EmbeddedNats>;
let fixture: BusFixture;
const running: Subscriber[] = [];

beforeEach(async () => {
  nats = await startThrowAwayNats();
  fixture = await BusFixture.open(nats.server.url);
  fixture.relay(await fixture.connect());
}, 60_000);

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.kill()));
  await fixture.close();
  await nats.remove();
}, 60_000);

async function subscribe(settings: Readonly<Record<string, string>> = {}): Promise<Subscriber> {
  const subscriber = await Subscriber.start({ NATS_URL: nats.server.url, STREAM, FILTER, ...settings });
  running.push(subscriber);
  return subscriber;
}

/** Ids of the told events of numbers from..to, in the log's order. */
async function toldIds(from: number, to: number): Promise<string[]> {
  const events = await fixture.agent.store.readAll({ after: START, limit: 10_000 });
  return events
    .filter(({ data }) => numberOf(data) >= from && numberOf(data) < to && numberOf(data) % 3 !== 0)
    .map(({ id }) => id);
}

/** Appends numbers, and waits until the broker has them. */
async function tell(from: number, to: number): Promise<string[]> {
  await fixture.append(from, to);
  const ids = await toldIds(from, to);
  const all = (await toldIds(0, to)).length;
  await eventually(async () => {
    expect((await fixture.bus.manager.streams.info(STREAM)).state.messages).toBe(all);
  }, PATIENCE);
  return ids;
}

const consumers = async () => (await fixture.bus.manager.streams.info(STREAM)).state.consumer_count;

/** When the broker stored its newest message, and a moment after. */
async function justNow(): Promise<string> {
  const { last_seq: seq } = (await fixture.bus.manager.streams.info(STREAM)).state;
  const message = await fixture.bus.manager.streams.getMessage(STREAM, { seq });
  return new Date((message?.time.getTime() ?? 0) + 1).toISOString();
}

describe('the documented subscriber', () => {
  it('has at most 15 lines', () => {
    expect(documented('js').trimEnd().split('\n').length).toBeLessThanOrEqual(15);
  });

  it('hears what is told from now on, and nothing from before', async () => {
    await tell(0, 30);
    const subscriber = await subscribe();
    await eventually(async () => {
      expect(await consumers()).toBe(1);
    }, PATIENCE);

    const told = await tell(30, 60);

    await eventually(() => {
      expect(subscriber.ids).toEqual(told);
    }, PATIENCE);
    expect(subscriber.lines[0]).toMatchObject({
      type: 'steward.agent.counted.v1',
      subject: expect.stringMatching(/^evt\.agent\.demo\./),
    });
    expect(Number.isNaN(Date.parse(subscriber.lines[0]?.time ?? ''))).toBe(false);
    expect(await subscriber.stop()).toBe(0);
  }, 60_000);

  it('gets what came since a time, then what comes', async () => {
    await tell(0, 30);
    const since = await justNow();
    await eventually(() => Date.now() > Date.parse(since));
    const replayed = await tell(30, 60);
    const subscriber = await subscribe({ SINCE: since });
    await eventually(() => {
      expect(subscriber.ids).toEqual(replayed);
    }, PATIENCE);

    const live = await tell(60, 90);

    await eventually(() => {
      expect(subscriber.ids).toEqual([...replayed, ...live]);
    }, PATIENCE);
  }, 60_000);

  it('goes on where it stopped, whether it was asked to stop or killed', async () => {
    const settings = { DURABLE: 'bookkeeping' };
    const before = await tell(0, 30);
    const first = await subscribe({ ...settings, SINCE: '2000-01-01T00:00:00Z' });
    await eventually(() => {
      expect(first.ids).toEqual(before);
    }, PATIENCE);
    expect(await first.stop()).toBe(0);

    const meanwhile = await tell(30, 60);
    const second = await subscribe(settings);
    await eventually(() => {
      expect(second.ids).toEqual(meanwhile);
    }, PATIENCE);
    await second.kill();

    const later = await tell(60, 90);
    const third = await subscribe(settings);
    await eventually(() => {
      // It may get again what the killed one could not acknowledge any more.
      expect(third.ids).toEqual(expect.arrayContaining(later));
      expect(third.ids.filter((id) => !meanwhile.includes(id))).toEqual(later);
    }, PATIENCE);
  }, 60_000);
});

describe('the documented filters', () => {
  const address = { tenant: 'demo', slot: 17, category: 'decision', streamId: 'decision-7' };
  const subjects = [
    eventSubject({ ...address, service: 'agent', type: 'steward.agent.decision-made.v1' }),
    alertSubject('demo', 'critical', 'agent-unhealthy'),
  ];

  it.each(documentedFilters())('%s matches what it should', (filter) => {
    const form = filter.replaceAll('.', '\\.').replaceAll('*', '[^.]+').replace('>', '.+');

    expect(subjects.filter((subject) => new RegExp(`^${form}$`).test(subject))).toHaveLength(1);
  });

  it('are all looked at', () => {
    expect(documentedFilters()).toHaveLength(6);
  });
});
