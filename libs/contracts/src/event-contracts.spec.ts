import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { EventDataInvalid, UnknownEventType } from './event-contract.errors.ts';
import { defineEvent } from './event-contract.ts';
import type { EventContract } from './event-contract.ts';
import {
  BUSINESS_CONTRACTS,
  businessContractOf,
  contractOf,
  EVENT_CONTRACTS,
  parseBusinessEvent,
  SERVICE_CONTRACTS,
} from './event-contracts.ts';
import { StockMovedV1 } from './events/inventory.ts';
import { DecisionMadeV1 } from './events/agent.ts';
import { sampleEventOf } from './sample-event.ts';

describe('the contracts of events', () => {
  it('cover every event that the design names', () => {
    const names = EVENT_CONTRACTS.map(({ area, event }) => `${area} ${event}`);

    expect(new Set(names).size).toBe(names.length);
    expect(
      Object.fromEntries(Object.entries(Object.groupBy(EVENT_CONTRACTS, ({ area }) => area)).map(countOf)),
    ).toEqual({
      sales: 1,
      accounting: 6,
      inventory: 5,
      workforce: 4,
      agent: 13,
      health: 8,
      maintenance: 5,
      recovery: 12,
    });
  });

  it('are found by their type', () => {
    expect(contractOf('steward.inventory.stock-moved.v1')).toBe(StockMovedV1);
    expect(contractOf('steward.inventory.stock-moved.v2')).toBeUndefined();
    expect(contractOf('constructor')).toBeUndefined();
  });

  it('let business systems publish their own events and none of a service', () => {
    expect(businessContractOf(StockMovedV1.type)).toBe(StockMovedV1);
    expect(businessContractOf(DecisionMadeV1.type)).toBeUndefined();
  });

  it.each([
    { area: 'Sales', event: 'order-completed', version: 1 },
    { area: 'sales', event: 'order_completed', version: 1 },
    { area: 'sales', event: 'order-completed', version: 0 },
    { area: 'sales', event: 'order-completed', version: 1.5 },
  ])('refuse names that break the grammar when they are declared: %j', (names) => {
    const declare = () => defineEvent({ ...names, summary: 'x', data: z.object({}), sample: {} });

    expect(declare).toThrow('is no event type');
  });

  it.each(table(BUSINESS_CONTRACTS))('takes the sample of %s', (_, contract) => {
    const event = sampleEventOf(contract);

    expect(parseBusinessEvent(event)).toEqual({ type: contract.type, data: contract.sample, event });
  });

  it.each(table(BUSINESS_CONTRACTS))('refuses an unknown key in the data of %s', (_, contract) => {
    const event = { ...sampleEventOf(contract), data: { ...contract.sample, 'un/known': 1 } };

    expect(violationsOf(() => parseBusinessEvent(event))).toEqual([
      { pointer: '#/data/un~1known', detail: 'is not part of this schema' },
    ]);
  });

  it.each(table(SERVICE_CONTRACTS))('ignores a field of %s that a later release added', (_, contract) => {
    const event = { ...sampleEventOf(contract), data: { ...contract.sample, addedLater: 1 } };

    expect(contract.read(event).data).toEqual(contract.sample);
  });
});

describe('a business event', () => {
  it('of an unknown type is refused, with the types of the area that was meant', () => {
    const event = { ...sampleEventOf(StockMovedV1), type: 'steward.inventory.stock-move.v1' };

    expect(nearTypesOf(() => parseBusinessEvent(event))).toEqual(
      BUSINESS_CONTRACTS.filter(({ area }) => area === 'inventory').map(({ type }) => type),
    );
  });

  it('of an unknown area is refused, with every type', () => {
    const event = { ...sampleEventOf(StockMovedV1), type: 'com.acme.thing.v1' };

    expect(nearTypesOf(() => parseBusinessEvent(event))).toHaveLength(BUSINESS_CONTRACTS.length);
  });

  it('of a type that only a service may publish is refused', () => {
    expect(() => parseBusinessEvent(sampleEventOf(DecisionMadeV1))).toThrow(UnknownEventType);
  });

  it('has data of the shape that its type says', () => {
    const parsed = parseBusinessEvent(sampleEventOf(StockMovedV1));

    // Compiles only while the type narrows the data.
    const sku = parsed.type === 'steward.inventory.stock-moved.v1' ? parsed.data.sku : undefined;
    expect(sku).toBe('VEG001');
  });

  it('without data is refused', () => {
    const event = { ...sampleEventOf(StockMovedV1), data: undefined };

    expect(violationsOf(() => parseBusinessEvent(event))).toEqual([{ pointer: '#/data', detail: 'is required' }]);
  });

  it('says what is required where', () => {
    const event = { ...sampleEventOf(StockMovedV1), data: { movement: 'in', quantity: { value: 1 } } };

    expect(violationsOf(() => parseBusinessEvent(event))).toEqual([
      { pointer: '#/data/sku', detail: 'is required' },
      { pointer: '#/data/quantity/unit', detail: 'is required' },
    ]);
  });
});

function table(contracts: readonly EventContract<object>[]): [string, EventContract<object>][] {
  return contracts.map((contract) => [contract.type, contract]);
}

function countOf([area, contracts]: [string, readonly unknown[] | undefined]): [string, number] {
  return [area, contracts?.length ?? 0];
}

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

function violationsOf(act: () => unknown) {
  const error = errorOf(act);
  if (!(error instanceof EventDataInvalid)) throw new Error('no EventDataInvalid was thrown', { cause: error });
  return error.violations;
}

function nearTypesOf(act: () => unknown) {
  const error = errorOf(act);
  if (!(error instanceof UnknownEventType)) throw new Error('no UnknownEventType was thrown', { cause: error });
  return error.nearTypes;
}
