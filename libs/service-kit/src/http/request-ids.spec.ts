import { describe, expect, it } from '@jest/globals';
import { systemIds, uuidV7 } from './request-ids.ts';

describe('a UUIDv7', () => {
  it('holds the time, the version and the variant', () => {
    // The example of RFC 9562, appendix A.6.
    const random = Buffer.from('0cc38c4dc0c0c07398f0', 'hex');

    expect(uuidV7(0x017f22e279b0, random)).toMatch(/^017f22e2-79b0-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(uuidV7(0x017f22e279b0, Buffer.alloc(10))).toBe('017f22e2-79b0-7000-8000-000000000000');
    expect(uuidV7(0x017f22e279b0, Buffer.alloc(10, 0xff))).toBe('017f22e2-79b0-7fff-bfff-ffffffffffff');
  });

  it('sorts by time', () => {
    expect(uuidV7(1_000, Buffer.alloc(10, 0xff)) < uuidV7(1_001, Buffer.alloc(10))).toBe(true);
  });

  it('is never given twice', () => {
    const ids = new Set(Array.from({ length: 1_000 }, () => systemIds.next()));

    expect(ids.size).toBe(1_000);
  });
});
