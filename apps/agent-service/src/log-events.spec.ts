import { describe, expect, it } from '@jest/globals';
import { BUSINESS_CONTRACTS } from '#libs/contracts';
import { canonicalJson } from '#libs/event-store';
import { BUSINESS_EVENT_TYPES, businessEventOf, contractTypeOf, logTypeOf } from './log-events.ts';
import { recorded } from './recorded-event.contract.ts';

describe('a business event in the log', () => {
  it.each(BUSINESS_CONTRACTS.map((contract) => ({ type: contract.type, contract })))(
    '$type is read as it was published',
    ({ type, contract }) => {
      const named = logTypeOf(type);
      expect(contractTypeOf(named)).toBe(type);
      const data = JSON.parse(canonicalJson(contract.sample)) as object;
      const event = { ...recorded(named.type, data), typeVersion: named.typeVersion };
      expect(businessEventOf(event)?.data).toEqual(contract.sample);
      expect(businessEventOf(event)?.type).toBe(type);
      expect(BUSINESS_EVENT_TYPES).toContainEqual({ type: named.type, version: named.typeVersion });
    },
  );

  it('is nothing that the service said itself', () => {
    expect(businessEventOf(recorded('agent.decision-made', {}))).toBeUndefined();
  });

  it('has a name only when it has a contract', () => {
    expect(() => logTypeOf('order-completed')).toThrow('no contract type');
  });
});
