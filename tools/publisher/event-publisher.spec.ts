import { describe, expect, it } from '@jest/globals';
import { StockMovedV1 } from '#libs/contracts';
import type { CloudEvent } from '#libs/contracts';
import { inBatches, pack } from './batches.ts';
import { readConnection } from './connection.ts';
import { openPublisher } from './event-publisher.ts';
import type { PublisherOptions } from './event-publisher.ts';
import {
  PublisherUnavailable,
  PublishRefused,
  PublishStopped,
  UnreadableAnswer,
  WrongConnection,
} from './publisher.errors.ts';

const KEY = 'a-key-that-nobody-may-see';

function eventNumber(number: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `event-${number}`,
    source: '/tills/7',
    type: StockMovedV1.type,
    data: StockMovedV1.sample,
  };
}

function eventsOf(count: number): CloudEvent[] {
  return Array.from({ length: count }, (_, index) => eventNumber(index + 1));
}

type Script = (sent: readonly CloudEvent[], request: number) => Response | Error;

function accept(sent: readonly CloudEvent[]): Response {
  const items = sent.map(({ id, source }) => ({ id, source, status: 'accepted' }));
  return Response.json({ accepted: items.length, duplicates: 0, rejected: 0, items });
}

function refuse(status: number, headers: Record<string, string> = {}): Response {
  const problem = { type: 'about:blank', title: 'No', status, detail: 'Not like this.', code: 'spec/no' };
  return Response.json(problem, { status, headers: { ...headers, 'content-type': 'application/problem+json' } });
}

/** A publisher whose network and waits are the spec's own. */
function scripted(script: Script, options: Partial<PublisherOptions> = {}) {
  const sent: string[][] = [];
  const headers: Headers[] = [];
  const waits: number[] = [];
  const redirects: unknown[] = [];
  let elapsedMs = 0;
  const publisher = openPublisher({
    url: 'http://127.0.0.1:1',
    stop: new AbortController().signal,
    fetch: (_url, init) => {
      const events = JSON.parse(init?.body as string) as CloudEvent[];
      sent.push(events.map(({ id }) => id));
      headers.push(new Headers(init?.headers));
      redirects.push(init?.redirect);
      const answer = script(events, sent.length);
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    wait: (delayMs) => {
      waits.push(delayMs);
      elapsedMs += delayMs;
      return Promise.resolve();
    },
    elapsedMs: () => elapsedMs,
    ...options,
  });
  return { publisher, sent, headers, waits, redirects };
}

describe('publishing events', () => {
  it('sends one batch as CloudEvents, with the key', async () => {
    const { publisher, sent, headers } = scripted(accept, { apiKey: KEY });

    const result = await publisher.publish(eventsOf(3));

    expect(result).toMatchObject({ accepted: 3, duplicates: 0, rejected: 0 });
    expect(sent).toEqual([['event-1', 'event-2', 'event-3']]);
    expect(headers[0]?.get('content-type')).toBe('application/cloudevents-batch+json');
    expect(headers[0]?.get('authorization')).toBe(`Bearer ${KEY}`);
  });

  it('sends nothing for nothing', async () => {
    const { publisher, sent } = scripted(accept);

    expect(await publisher.publish([])).toEqual({ accepted: 0, duplicates: 0, rejected: 0, items: [] });
    expect(sent).toEqual([]);
  });

  it('keeps to a thousand events a request, in order', async () => {
    const { publisher, sent } = scripted(accept);
    const events = eventsOf(2_001);

    const { items } = await publisher.publish(events);

    expect(sent.map((ids) => ids.length)).toEqual([1_000, 1_000, 1]);
    expect(items.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  it('keeps to the bytes of a request, counting UTF-8', () => {
    const packed = ['aaaa', 'éé', 'b'].map((text) => pack(text));

    // "aaaa" has 6 bytes and a comma; "éé" also; the frame has 2.
    expect(inBatches(packed, 10, 16).map((batch) => batch.map(({ item }) => item))).toEqual([['aaaa', 'éé'], ['b']]);
    expect(inBatches(packed, 10, 15).map((batch) => batch.map(({ item }) => item))).toEqual([['aaaa'], ['éé', 'b']]);
    expect(inBatches(packed, 10, 1)).toHaveLength(3);
  });

  it('waits as long as a 429 says, then sends the same again', async () => {
    const { publisher, sent, waits } = scripted((events, request) =>
      request === 1 ? refuse(429, { 'retry-after': '7' }) : accept(events),
    );

    expect(await publisher.publish(eventsOf(2))).toMatchObject({ accepted: 2 });
    expect(sent).toEqual([
      ['event-1', 'event-2'],
      ['event-1', 'event-2'],
    ]);
    expect(waits).toEqual([7_000]);
  });

  it('understands a date in Retry-After', async () => {
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString();
    const { publisher, waits } = scripted((events, request) =>
      request === 1 ? refuse(503, { 'retry-after': inAnHour }) : accept(events),
    );

    await publisher.publish(eventsOf(1));

    // Longer than ten minutes is never waited at once.
    expect(waits).toEqual([600_000]);
  });

  it('waits longer each time while the API is away, up to ten seconds', async () => {
    const refused = new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) });
    const { publisher, waits } = scripted((events, request) => (request <= 8 ? refused : accept(events)));

    await publisher.publish(eventsOf(1));

    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('gives up when its patience would end before the next try, and says why', async () => {
    const { publisher, sent } = scripted(() => refuse(503, { 'retry-after': '31' }), { patienceMs: 30_000 });

    await expect(publisher.publish(eventsOf(1))).rejects.toThrow(PublisherUnavailable);
    await expect(publisher.publish(eventsOf(1))).rejects.toThrow(/503 Not like this/);
    expect(sent).toHaveLength(2);
  });

  it('counts the time from the first failure against its patience', async () => {
    const { publisher, sent } = scripted(() => refuse(503, { 'retry-after': '12' }), { patienceMs: 30_000 });

    await expect(publisher.publish(eventsOf(1))).rejects.toThrow('could not be used for 24 s');
    expect(sent).toHaveLength(3);
  });

  it('counts anew after a 429, which shows that the API is there', async () => {
    const answers = [
      refuse(503, { 'retry-after': '20' }),
      refuse(429, { 'retry-after': '60' }),
      refuse(503, { 'retry-after': '20' }),
    ];
    const { publisher, waits } = scripted((events) => answers.shift() ?? accept(events), { patienceMs: 30_000 });

    expect(await publisher.publish(eventsOf(1))).toMatchObject({ accepted: 1 });
    expect(waits).toEqual([20_000, 60_000, 20_000]);
  });

  it('halves a request that is too large until it fits', async () => {
    const { publisher, sent } = scripted((events) => (events.length > 2 ? refuse(413) : accept(events)));

    const { items } = await publisher.publish(eventsOf(5));

    expect(sent.map((ids) => ids.length)).toEqual([5, 3, 2, 1, 2]);
    expect(items.map(({ id }) => id)).toEqual(['event-1', 'event-2', 'event-3', 'event-4', 'event-5']);
  });

  it('reports an event that is too large alone as rejected, and sends the others', async () => {
    const { publisher } = scripted((events) =>
      events.some(({ id }) => id === 'event-2') ? refuse(413) : accept(events),
    );

    const { accepted, rejected, items } = await publisher.publish(eventsOf(3));

    expect({ accepted, rejected }).toEqual({ accepted: 2, rejected: 1 });
    expect(items[1]).toMatchObject({ id: 'event-2', status: 'rejected', problem: { status: 413 } });
  });

  it.each([400, 401, 403, 404, 415, 422])('stops at a %i: sending it again would not help', async (status) => {
    const { publisher, sent } = scripted(() => refuse(status), { apiKey: KEY });

    const failure: unknown = await publisher.publish(eventsOf(1)).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(PublishRefused);
    expect(failure).toMatchObject({ status });
    expect(String(failure)).toContain('Not like this.');
    expect(String(failure)).not.toContain(KEY);
    expect(sent).toHaveLength(1);
  });

  it('follows no redirect: the key would go to another place', async () => {
    const { publisher, sent, redirects } = scripted(
      () => new Response(null, { status: 307, headers: { location: '/other' } }),
    );

    await expect(publisher.publish(eventsOf(1))).rejects.toThrow(PublishRefused);
    expect(sent).toHaveLength(1);
    expect(redirects).toEqual(['manual']);
  });

  it.each([
    ['a page', () => new Response('<html>welcome</html>')],
    ['too few results', () => Response.json({ accepted: 0, duplicates: 0, rejected: 0, items: [] })],
  ])('does not take %s for success', async (_what, answer) => {
    const { publisher } = scripted(answer);

    await expect(publisher.publish(eventsOf(1))).rejects.toThrow(UnreadableAnswer);
  });

  it('begins no request once it is stopped', async () => {
    const stop = new AbortController();
    const { publisher, sent } = scripted(
      () => {
        stop.abort();
        return refuse(503);
      },
      { stop: stop.signal },
    );

    await expect(publisher.publish(eventsOf(1))).rejects.toThrow(PublishStopped);
    expect(sent).toHaveLength(1);
  });

  it('finishes the request in flight when it is stopped', async () => {
    const stop = new AbortController();
    const { publisher } = scripted(
      (events) => {
        stop.abort();
        return accept(events);
      },
      { stop: stop.signal },
    );

    expect(await publisher.publish(eventsOf(1))).toMatchObject({ accepted: 1 });
  });
});

describe('the connection', () => {
  it('has defaults, and takes the key from the environment', () => {
    expect(readConnection({}, undefined)).toEqual({ url: 'http://127.0.0.1:8000', tenant: 'demo', apiKey: undefined });
    expect(readConnection({ url: 'https://a.example/base/' }, KEY)).toEqual({
      url: 'https://a.example/base',
      tenant: 'demo',
      apiKey: KEY,
    });
    expect(readConnection({ apiKey: 'given' }, KEY).apiKey).toBe('given');
  });

  it.each([
    { url: 'localhost:8000' },
    { url: 'ftp://a.example' },
    { url: 'http://user:word@a.example' },
    { tenant: 'Big Shop' },
    { apiKey: 'two words' },
  ])('refuses %j', (input) => {
    expect(() => readConnection(input, undefined)).toThrow(WrongConnection);
  });

  it('never repeats a key', () => {
    let said = '';
    try {
      readConnection({ apiKey: `${KEY}\n` }, undefined);
    } catch (error) {
      said = String(error);
    }

    expect(said).toContain('API key');
    expect(said).not.toContain(KEY);
  });
});
