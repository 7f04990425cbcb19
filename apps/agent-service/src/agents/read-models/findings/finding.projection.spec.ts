import { describe, expect, it } from '@jest/globals';
import { MemoryTable, recorded } from '../../../recorded-event.contract.ts';
import { findingRows } from './finding.projection.ts';

describe('a situation', () => {
  it('is decided until it is cleared, at the version of its stream', async () => {
    const table = new MemoryTable(findingRows);
    const key = { tenant: 'demo', stream_id: 'spec-one' };

    await table.apply(recorded('agent.decision-made', {}, { streamVersion: 1 }));
    expect(table.all()).toEqual([{ ...key, is_decided: true, stream_version: 1 }]);

    await table.apply(recorded('agent.finding-cleared', {}, { streamVersion: 2 }));
    expect(table.all()).toEqual([{ ...key, is_decided: false, stream_version: 2 }]);

    await table.apply(recorded('agent.decision-made', {}, { streamVersion: 3 }));
    expect(table.all()).toEqual([{ ...key, is_decided: true, stream_version: 3 }]);
  });
});
