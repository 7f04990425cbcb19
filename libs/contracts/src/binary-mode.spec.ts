import { describe, expect, it } from '@jest/globals';
import { parseBinary, toBinaryHeaders } from './binary-mode.ts';
import type { BinaryBinding } from './binary-mode.ts';
import { InvalidCloudEvent } from './cloud-event.errors.ts';
import { parseStructured } from './cloud-event.ts';

describe('a CloudEvent in binary mode', () => {
  it('has its attributes in headers of any case, and its media type in content-type', () => {
    const event = parseBinary({ ...headers, 'CE-Subject': 'VEG001', 'Content-Type': 'application/json' }, { a: 1 });

    expect(event).toEqual({ ...attributes, subject: 'VEG001', datacontenttype: 'application/json', data: { a: 1 } });
  });

  it('takes the media type from ce-datacontenttype where there is no content-type', () => {
    expect(parseBinary({ ...headers, 'ce-datacontenttype': 'text/json' }, {}).datacontenttype).toBe('text/json');
  });

  it.each([
    ['Caf%C3%A9%20%E2%98%95', 'Café ☕'],
    ['%2525', '%25'],
    ['"a \\"quoted\\" text"', 'a "quoted" text'],
    ['plain', 'plain'],
  ])('decodes %p exactly once, to %p', (sent, read) => {
    expect(parseBinary({ ...headers, 'ce-subject': sent }, {}).subject).toBe(read);
  });

  it.each(['100%', '%zz', '%4z', '%C3', '%E2%98', '%ED%A0%80'])('refuses the malformed escape %p', (sent) => {
    const headersSent = { ...headers, 'ce-subject': sent };

    expect(violationOf(headersSent)).toBe('#/subject');
    expect(() => parseBinary(headersSent, {})).toThrow('malformed percent escape');
  });

  it('refuses an attribute that comes twice', () => {
    expect(violationOf({ ...headers, 'CE-ID': 'other' })).toBe('#/id');
  });

  it('refuses data in a header', () => {
    expect(violationOf({ ...headers, 'ce-data': '{}' })).toBe('#/data');
  });

  it('checks what the structured mode checks', () => {
    expect(violationOf({ ...headers, 'ce-specversion': '0.3' })).toBe('#/specversion');
    expect(violationOf({ ...headers, 'ce-subject': '%00' })).toBe('#/subject');
    expect(violationOf({ ...headers, 'ce-bad_name': 'x' })).toBe('#/bad_name');
  });

  it.each<BinaryBinding>(['http', 'nats'])('survives a round trip over %s', (binding) => {
    const event = parseStructured({
      ...attributes,
      subject: 'Café "50 %"\u{1F600}~!',
      datacontenttype: 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      data: { a: 1 },
    });

    const sent = toBinaryHeaders(event, binding);

    expect(Object.values(sent).every((value) => /^[!-~]*$/.test(value))).toBe(true);
    expect(sent['ce-subject']).toBe('Caf%C3%A9%20%2250%20%25%22%F0%9F%98%80~!');
    expect(parseBinary(sent, event.data)).toEqual(event);
  });

  it('says no media type for an event without data', () => {
    expect(toBinaryHeaders(parseStructured(attributes))).toEqual(headers);
  });
});

const attributes = { specversion: '1.0', id: 'order-1', source: '/tills/7', type: 'steward.sales.order-completed.v1' };
const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value]));

function violationOf(sent: Readonly<Record<string, string>>): string | undefined {
  try {
    parseBinary(sent, {});
  } catch (error) {
    if (error instanceof InvalidCloudEvent) return error.violations[0]?.pointer;
    throw error;
  }
  return undefined;
}
