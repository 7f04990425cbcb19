import { describe, expect, it } from '@jest/globals';
import { categoryOf, eventId, MalformedId, streamId, tenantId } from './ids.ts';

describe('ids', () => {
  it('splits a stream id at its first hyphen', () => {
    expect(categoryOf(streamId('item', 'VEG-001'))).toBe('item');
  });

  it.each(['', 'Has Capitals', 'dots.are.subject.tokens', 'a'.repeat(64), '*'])('refuses the tenant %p', (value) => {
    expect(() => tenantId(value)).toThrow(MalformedId);
  });

  it('takes a UUID in either case and keeps it in lower case', () => {
    expect(eventId('018F4C1E-0000-7000-8000-00000000000A')).toBe('018f4c1e-0000-7000-8000-00000000000a');
  });

  it('refuses a category that would split in the wrong place', () => {
    expect(() => streamId('purchase-order', '1')).toThrow(MalformedId);
  });
});
