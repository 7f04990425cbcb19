import { BUSINESS_CONTRACTS, businessContractOf, parseBusinessEvent, type ParsedBusinessEvent } from '#libs/contracts';
import type { EventType, RecordedEvent } from '#libs/event-store';

const CONTRACT_TYPE = /^steward\.(?<type>[a-z]+\.[a-z-]+)\.v(?<version>\d+)$/;

/** How a contract's event is named in this service's log: `inventory.stock-moved`, version 1. */
export function logTypeOf(contractType: string): { readonly type: string; readonly typeVersion: number } {
  const { type, version } = CONTRACT_TYPE.exec(contractType)?.groups ?? {};
  if (type === undefined) throw new Error(`${contractType} is no contract type`);
  return { type, typeVersion: Number(version) };
}

/** The business events that the log may hold; a contract with a second version needs an upcaster from its first. */
export const BUSINESS_EVENT_TYPES: readonly EventType[] = [
  ...Map.groupBy(
    BUSINESS_CONTRACTS.map((contract) => logTypeOf(contract.type)),
    ({ type }) => type,
  ),
].map(([type, versions]) => ({ type, version: Math.max(...versions.map(({ typeVersion }) => typeVersion)) }));

/** The contract type of an event of this service's log. */
export function contractTypeOf({ type, typeVersion }: Pick<RecordedEvent, 'type' | 'typeVersion'>): string {
  return `steward.${type}.v${typeVersion}`;
}

/** Reads a business event back from the log; `undefined` for what the service itself said. */
export function businessEventOf(event: RecordedEvent): ParsedBusinessEvent | undefined {
  const type = contractTypeOf(event);
  if (!businessContractOf(type)) return undefined;
  const { source = 'urn:unknown', sourceId = event.id } = event.metadata;
  return parseBusinessEvent({ specversion: '1.0', id: sourceId, source, type, data: event.data });
}
