import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventId, type StreamId, type TenantId } from '#libs/kernel';
import { canonicalJson, chainHash } from '../canonical-form.ts';
import { position } from '../event-store.ts';
import { ChainLinks, type StoredEvent } from './chain-link.ts';

const SEED = 20_261_123;
const text = fc.string({ unit: 'grapheme', maxLength: 60 }).filter((value) => !value.includes('\u0000'));
const document = fc.jsonValue({ maxDepth: 3, stringUnit: 'grapheme' });

const stored: fc.Arbitrary<StoredEvent> = fc.record({
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  lane: fc.nat(15),
  slot: fc.nat(63),
  tenant: text,
  stream_id: text,
  category: text,
  stream_version: fc.nat(),
  type: text,
  type_version: fc.nat(99),
  id: fc.uuid({ version: 7 }),
  recorded_at: fc.nat(999).map((ms) => `2026-01-01T12:00:00.${String(ms).padStart(3, '0')}000AD`),
  content: fc.tuple(document, document).map((parts) => parts.map((part) => canonicalJson(part)).join('\n')),
  hash: fc.constant(''),
});

/** The same, by the code that appends. */
function appended(previous: string, event: StoredEvent): string {
  const hash = chainHash(Buffer.from(previous, 'hex'), {
    position: position(event.position),
    lane: event.lane,
    slot: event.slot,
    tenant: event.tenant as TenantId,
    streamId: event.stream_id as StreamId,
    category: event.category,
    streamVersion: event.stream_version,
    type: event.type,
    typeVersion: event.type_version,
    id: eventId(event.id),
    recordedAt: event.recorded_at.replace('000AD', 'Z'),
    data: event.content.split('\n')[0] ?? '',
    metadata: event.content.split('\n')[1] ?? '',
  });
  return hash.toString('hex');
}

describe('the links that a verification computes', () => {
  const links = new ChainLinks();

  it('are those of the code that appends, although neither uses the other', () => {
    let previous = '0'.repeat(64);
    fc.assert(
      fc.property(stored, (event) => {
        const link = links.after(previous, event);
        expect(link).toBe(appended(previous, event));
        previous = link;
      }),
      { seed: SEED },
    );
  });

  it('are right for events that are larger than any before', () => {
    for (const size of [10, 100_000, 3_000_000]) {
      const [event] = fc.sample(stored, { seed: SEED, numRuns: 1 });
      if (!event) throw new Error('fast-check gave no sample');
      const large = { ...event, content: `${JSON.stringify('€'.repeat(size))}\n{}` };

      expect(links.after('ab'.repeat(32), large)).toBe(appended('ab'.repeat(32), large));
    }
  });

  it('differ for a time that no log writes', () => {
    const [event] = fc.sample(stored, { seed: SEED, numRuns: 1 });
    if (!event) throw new Error('fast-check gave no sample');
    const at = (recordedAt: string): string => links.after('00'.repeat(32), { ...event, recorded_at: recordedAt });
    const times = ['2026-01-01T12:00:00.123000AD', '2026-01-01T12:00:00.123001AD', '2026-01-01T12:00:00.123000BC', ''];

    expect(new Set(times.map(at)).size).toBe(times.length);
  });
});
