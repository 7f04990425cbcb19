import { describe, expect, it } from '@jest/globals';
import { InvalidCloudEvent } from './cloud-event.errors.ts';
import { parseStructured } from './cloud-event.ts';

const minimal = {
  specversion: '1.0',
  id: 'order-1',
  source: '/tills/7',
  type: 'steward.sales.order-completed.v1',
  data: { orderId: '1' },
};

describe('a CloudEvent in structured mode', () => {
  it('keeps every attribute, extension and the data as they came', () => {
    const event = { ...minimal, subject: 'VEG001', time: '2026-11-22T10:30:00.123+01:00', sequence: '7', retry: 3 };

    expect(parseStructured(event)).toEqual(event);
  });

  it('reads a null attribute as absent, and null data as null', () => {
    const event = parseStructured({ ...minimal, subject: null, data: null });

    expect('subject' in event).toBe(false);
    expect(event.data).toBeNull();
  });

  it('may have no data', () => {
    const { specversion, id, source, type } = minimal;

    expect(parseStructured({ specversion, id, source, type }).data).toBeUndefined();
  });

  it.each([null, 'text', 7, [minimal]])('refuses %p, which is no object', (value) => {
    expect(pointersOf(value)).toEqual(['#']);
  });

  it.each([
    ['another version', { specversion: '0.3' }, '#/specversion'],
    ['no version', { specversion: undefined }, '#/specversion'],
    ['an empty id', { id: '' }, '#/id'],
    ['an id of 256 characters', { id: 'x'.repeat(256) }, '#/id'],
    ['an id with a line break', { id: 'a\nb' }, '#/id'],
    ['an empty source', { source: '' }, '#/source'],
    ['a source with a space', { source: 'my till' }, '#/source'],
    ['a source with a bad escape', { source: '/a%zz' }, '#/source'],
    ['a source with two fragments', { source: '/a#b#c' }, '#/source'],
    ['a source whose scheme begins with a digit', { source: '7till:x' }, '#/source'],
    ['no type', { type: undefined }, '#/type'],
    ['an empty subject', { subject: '' }, '#/subject'],
    ['a time without zone', { time: '2026-11-22T10:30:00' }, '#/time'],
    ['a day that does not exist', { time: '2026-02-30T10:30:00Z' }, '#/time'],
    ['data that is no JSON', { datacontenttype: 'text/plain' }, '#/datacontenttype'],
    ['a tenant with a dot', { tenantid: 'a.b' }, '#/tenantid'],
    ['a malformed trace', { traceparent: '00-zz' }, '#/traceparent'],
    ['binary data', { data_base64: 'aGk=' }, '#/data_base64'],
    ['an extension with a capital', { retryCount: 1 }, '#/retryCount'],
    ['an extension name of 21 characters', { ['x'.repeat(21)]: 'a' }, `#/${'x'.repeat(21)}`],
    ['an extension that is an object', { extra: {} }, '#/extra'],
    ['an extension with a fraction', { extra: 1.5 }, '#/extra'],
    ['an extension over 32 bits', { extra: 2 ** 31 }, '#/extra'],
    ['an extension with a line break', { extra: 'a\r\nb' }, '#/extra'],
    ['U+0000 deep in the data', { data: { lines: [{ note: 'a\u0000' }] } }, '#/data/lines/0/note'],
    ['half of a surrogate pair in a name', { data: { '\ud800': 1 } }, '#/data/%EF%BF%BD'],
  ])('refuses %s and points at it', (_, change, pointer) => {
    expect(pointersOf({ ...minimal, ...change })).toEqual([pointer]);
  });

  it('refuses data nested so deeply that recursion would end the process', () => {
    let data: unknown = 1;
    for (let depth = 0; depth < 20_000; depth += 1) data = [data];

    expect(() => parseStructured({ ...minimal, data })).toThrow(InvalidCloudEvent);
  });

  it('names every trouble in one answer', () => {
    expect(pointersOf({ specversion: '1.0', id: '', source: ' ', Extra: 1 })).toEqual([
      '#/id',
      '#/source',
      '#/type',
      '#/Extra',
    ]);
  });

  it('names at most 50 troubles', () => {
    const extensions = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`BAD${index}`, 1]));

    expect(pointersOf({ ...minimal, ...extensions })).toHaveLength(50);
  });

  it.each(['/tills/7', 'urn:pos:7', 'https://pos.example/a?b=c#d', 'till', '//host/a', '/a%20b'])(
    'takes the source %p',
    (source) => {
      expect(parseStructured({ ...minimal, source }).source).toBe(source);
    },
  );

  it.each(['application/json', 'application/json; charset=utf-8', 'application/vnd.acme.order+json', 'text/json'])(
    'takes data of the type %p',
    (datacontenttype) => {
      expect(parseStructured({ ...minimal, datacontenttype }).datacontenttype).toBe(datacontenttype);
    },
  );
});

function pointersOf(value: unknown): string[] {
  try {
    parseStructured(value);
  } catch (error) {
    if (error instanceof InvalidCloudEvent) return error.violations.map(({ pointer }) => pointer);
    throw error;
  }
  return [];
}
