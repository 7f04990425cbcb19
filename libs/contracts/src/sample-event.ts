import type { CloudEvent } from './cloud-event.ts';
import type { EventContract } from './event-contract.ts';
import { businessContractOf } from './event-contracts.ts';

/** A whole, valid and always equal event of a contract: for documents and tests. */
export function sampleEventOf(contract: EventContract): CloudEvent {
  const isBusiness = businessContractOf(contract.type) !== undefined;
  return {
    specversion: '1.0',
    id: '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02',
    source: isBusiness ? '/tills/7' : `urn:steward:${contract.area}`,
    type: contract.type,
    time: '2026-11-22T09:30:00Z',
    datacontenttype: 'application/json',
    ...(isBusiness
      ? {}
      : {
          tenantid: 'demo',
          correlationid: '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02',
          causationid: '019ab3c4-7a00-7d20-9c31-5d1f0a7b8c02',
          recordedtime: '2026-11-22T09:30:00.412Z',
          traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        }),
    data: contract.sample,
  };
}
