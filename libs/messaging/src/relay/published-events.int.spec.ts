import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { startThrowAwayNats, type EmbeddedNats, type ThrowAway } from '#libs/embedded-servers';
import { position, START, type Position } from '#libs/event-store';
import { eventually } from '#libs/testing';
import { PublishedEventsAnswerer, type PublishedEventsAnswererOptions } from './answer-published-events.ts';
import { askPublishedEvents, type PublishedEvent, type PublishedPage } from './published-events.ts';
import { LOG, numberOf, OUTLET, RelayFixture, STREAM } from './relay-fixture.contract.ts';
import { LogDidNotAnswer } from './relay.errors.ts';

jest.setTimeout(30_000);

const ALL = Array.from({ length: 64 }, (_, slot) => slot);

describe('what a log published', () => {
  let nats: ThrowAway<EmbeddedNats>;
  let fixture: RelayFixture;
  const answerers: PublishedEventsAnswerer[] = [];
  const failures: unknown[] = [];
  beforeAll(async () => {
    nats = await startThrowAwayNats();
  });
  beforeEach(async () => {
    fixture = await RelayFixture.open(nats.server.url);
    failures.length = 0;
  });
  afterEach(async () => {
    await Promise.all(answerers.splice(0).map((one) => one.stop()));
    await fixture.close();
  });
  afterAll(() => nats.remove());

  function answer(options: Partial<PublishedEventsAnswererOptions> = {}): PublishedEventsAnswerer {
    const answerer = new PublishedEventsAnswerer({
      log: LOG,
      bus: fixture.bus,
      database: fixture.database,
      store: fixture.store,
      outlets: [OUTLET],
      onFailure: (error) => failures.push(error),
      ...options,
    });
    answerers.push(answerer);
    answerer.start();
    return answerer;
  }
  const ask = (
    question: { slots?: readonly number[]; after?: Position; limit?: number; stream?: string } = {},
  ): Promise<PublishedPage> =>
    askPublishedEvents(fixture.bus, {
      log: LOG,
      stream: STREAM,
      slots: ALL,
      after: START,
      limit: 256,
      timeoutMs: 2_000,
      ...question,
    });
  async function askAll(
    slots: readonly number[],
    limit: number,
  ): Promise<{ events: PublishedEvent[]; answers: number }> {
    const events: PublishedEvent[] = [];
    for (let [after, answers] = [START, 1]; ; answers += 1) {
      const page = await ask({ slots, after, limit });
      expect(page.scanned).toBeGreaterThanOrEqual(after);
      events.push(...page.events);
      if (!page.more) return { events, answers };
      after = page.scanned;
    }
  }

  it('is told as the relay published it', async () => {
    await fixture.append(0, 120);
    const relay = fixture.relay(fixture.bus);
    await eventually(() => fixture.isThrough());
    await fixture.stop(relay);
    answer();

    const page = await ask();

    const stored = await Promise.all(
      page.events.map(async (_, index) => fixture.bus.manager.streams.getMessage(STREAM, { seq: index + 1 })),
    );
    const messages = stored.map((message) => ({
      subject: message?.subject,
      headers: Object.fromEntries(
        [...(message?.header ?? [])].flatMap(([name, [value]]) => (name.startsWith('Nats-') ? [] : [[name, value]])),
      ),
      body: message?.string(),
    }));
    expect(page.events.map(({ subject, headers, body }) => ({ subject, headers, body }))).toEqual(messages);
    expect(page).toMatchObject({ epoch: 1, began: 0, lives: [{ epoch: 1, began: 0 }], scanned: 120, more: false });
    expect(page.events).toHaveLength(80);
  });

  it('is told for some slots, in pages, without a gap or a repeat', async () => {
    await fixture.append(0, 400);
    answer({ answerBytes: 6_000, scan: 70 });
    const published = await fixture.published();
    const slots = [...new Set(published.map(({ slot }) => slot))].slice(0, 5);
    const expected = published.filter(({ slot }) => slots.includes(slot)).map((event) => Number(event.position));

    const some = await askAll(slots, 7);
    const all = await askAll(ALL, 1_000);

    expect(some.events.map((event) => Number(event.position))).toEqual(expected);
    expect(all.events.map((event) => Number(event.position))).toEqual(published.map((event) => Number(event.position)));
    expect(all.answers).toBeGreaterThan(10);
    expect((await askAll([63], 256)).events.filter(({ slot }) => slot !== 63)).toEqual([]);
  });

  it('misses nothing while others append', async () => {
    answer();
    const appended = new AbortController();
    const appending = (async () => {
      for (let wave = 0; wave < 30; wave += 1) await fixture.append(wave * 20, wave * 20 + 20);
      appended.abort();
    })();
    const seen: number[] = [];
    for (let [after, isOver] = [START, false]; !isOver;) {
      const isLast = appended.signal.aborted;
      const page = await ask({ after, limit: 50 });
      seen.push(...page.events.map((event) => event.position));
      after = page.scanned;
      isOver = isLast && !page.more;
    }
    await appending;

    expect(seen).toEqual((await fixture.published()).map((event) => event.position));
  });

  it('is of the life of the store that runs, also when another one begins meanwhile', async () => {
    await fixture.append(0, 60);
    let reads = 0;
    const { store } = fixture;
    answer({
      store: {
        head: () => store.head(),
        readAll: async (options) => {
          const events = await store.readAll(options);
          if ((reads += 1) === 1) {
            await fixture.restoreTo(30);
            await fixture.append(1_001, 1_011);
          }
          return events;
        },
      },
    });

    const page = await ask();

    expect(page).toMatchObject({ epoch: 2, began: 30, scanned: 40, more: false });
    const told = page.events.map((event) => numberOf((JSON.parse(event.body) as { data: unknown }).data));
    expect(told).toEqual((await fixture.published()).map(({ data }) => numberOf(data)));
    expect(new Set(page.events.map(({ headers }) => headers['Steward-Epoch']))).toEqual(new Set(['2']));
  });

  it('ends before an event that this release cannot read, and says so to who asks for that', async () => {
    await fixture.append(0, 60);
    const unreadable = new Error('this release cannot read it');
    answer({
      store: {
        head: () => fixture.store.head(),
        readAll: async (options) => {
          const events = await fixture.store.readAll(options);
          const readable = events.filter((event) => event.position < 40);
          if (readable.length === 0 && events.length > 0) throw unreadable;
          return readable;
        },
      },
    });

    const page = await ask();

    expect(page).toMatchObject({ scanned: 39, more: true });
    await expect(ask({ after: position(39) })).rejects.toThrow(LogDidNotAnswer);
    expect(failures).toEqual([unreadable]);
  });

  it('says where the log ends to who has seen more of it', async () => {
    await fixture.append(0, 30);
    answer();

    expect(await ask({ after: position(100) })).toMatchObject({ scanned: 30, more: false, events: [] });
  });

  it('is not told of a stream that the service has no part in', async () => {
    answer();

    await expect(ask({ stream: 'ALERTS' })).rejects.toThrow('The agent service does not publish to ALERTS');
    await expect(ask({ slots: [64] })).rejects.toThrow('the question is not understood');
    expect(failures).toEqual([]);
  });

  it('is unknown while nobody answers, or nobody does so in our form', async () => {
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });

    fixture.bus.subscribe('query.agent.published-events', ({ respond }) => {
      respond('{"epoch":1}');
    });
    await expect(ask()).rejects.toThrow('the answer is not understood');
  });

  it('is told to the end to those who asked before the answerer stopped', async () => {
    await fixture.append(0, 200);
    const answerer = answer();
    const asked = Array.from({ length: 12 }, () => ask());
    await fixture.bus.ping();
    await answerer.stop();

    expect((await Promise.all(asked)).map(({ events }) => events.length)).toEqual(
      Array.from({ length: 12 }, () => 133),
    );
    await expect(ask()).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
